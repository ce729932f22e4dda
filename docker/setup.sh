#!/bin/sh
# Prepares an installation, as often as it is run: the key pair of upload grants, the main database, all schemas.
set -eu
private=/secrets/private/grant.pem
if [ ! -s "$private" ]; then
    (umask 077 && openssl genpkey -algorithm ed25519 -out "$private.new")
    mv "$private.new" "$private"
fi
openssl pkey -in "$private" -pubout -out /secrets/public/grant.pem
saasctl init-db --non-interactive
saasctl migrate tenants
