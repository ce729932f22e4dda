#!/usr/bin/env bash
# Puts the built programs, nginx's configuration, the pages, units and documents where Debian expects them. Starts
# nothing and makes no users: docs/operations.md has the few commands that follow.
#
#   make install                 DESTDIR=<root of the installation> BIN_DIR=<directory of built programs>
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
destination=${DESTDIR:-}
programs=${BIN_DIR:-$(swift build -c release --static-swift-stdlib --package-path "$checkout" --show-bin-path)}
library=$destination/usr/lib/saas-documents
share=$destination/usr/share/saas-documents
documents=$destination/usr/share/doc/saas-documents
settings=$destination/etc/saas-documents
units=$destination/usr/lib/systemd/system

for program in FCGIApp UploadSidecar EventWorker saasctl; do
    [ -x "$programs/$program" ] || {
        echo "install: there is no program $programs/$program; run make build first" >&2
        exit 1
    }
done
install -d "$library/scripts" "$share" "$documents" "$settings" "$units" "$destination/usr/bin" "$destination/usr/sbin" \
    "$destination/usr/lib/sysusers.d" "$destination/usr/lib/tmpfiles.d"
install -m 0755 "$programs/FCGIApp" "$programs/UploadSidecar" "$programs/EventWorker" "$library/"
install -m 0755 "$programs/saasctl" "$destination/usr/bin/"
install -m 0755 "$checkout/scripts/render-nginx.sh" "$checkout/scripts/app-ready.sh" "$library/scripts/"
install -m 0755 "$checkout/deploy/systemd/saas-documents-restart" "$destination/usr/sbin/"
cp -R "$checkout/nginx" "$library/"
"$checkout/scripts/publish-pages.sh" "$share/pages"
install -m 0644 "$checkout"/deploy/systemd/*.service "$checkout"/deploy/systemd/*.target "$units/"
install -m 0644 "$checkout/deploy/systemd/saas-documents.sysusers" "$destination/usr/lib/sysusers.d/saas-documents.conf"
install -m 0644 "$checkout/deploy/systemd/saas-documents.tmpfiles" "$destination/usr/lib/tmpfiles.d/saas-documents.conf"
install -m 0644 "$checkout/README.md" "$checkout/CHANGELOG.md" "$checkout/LICENSE" "$checkout/.env.example" \
    "$checkout/swagger.yaml" "$checkout/asyncapi.yaml" "$documents/"
install -m 0644 "$checkout"/docs/*.md "$documents/"
# To be copied to where Prometheus and Grafana are.
install -d "$documents/monitoring"
install -m 0644 "$checkout"/deploy/monitoring/* "$documents/monitoring/"
# Settings that are there stay as they are.
for file in environment:0644 secrets:0600 store-secrets:0600; do
    if [ ! -e "$settings/${file%:*}" ]; then
        install -m "${file#*:}" "$checkout/deploy/debian/${file%:*}" "$settings/${file%:*}"
    fi
done
chmod -R u=rwX,go=rX "$library" "$share" "$documents"
