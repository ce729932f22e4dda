#!/bin/sh
# Whether the program of this container answers. FCGIApp and UploadSidecar speak FastCGI only, so they are asked in it.
# Usage: healthcheck.sh app|sidecar
set -eu
case $1 in
    app) socket=$APP_SOCKET path=/health/live wanted='^Status: 200' ;;
    # The sidecar takes uploads alone and refuses anything else: an answer is what is wanted.
    sidecar) socket=$UPLOAD_SOCKET path=/health/live wanted='^Status: [0-9]' ;;
    *) exit 2 ;;
esac
answer=$(env -i PATH="$PATH" REQUEST_METHOD=GET REQUEST_URI="$path" QUERY_STRING= CONTENT_LENGTH= \
    REMOTE_ADDR=127.0.0.1 REQUEST_ID=healthcheck SERVER_PROTOCOL=HTTP/1.1 UPLOAD_PHASE= \
    timeout 4 cgi-fcgi -bind -connect "$socket" </dev/null) || true  # its exit code is not the answer's status
printf '%s' "$answer" | grep -q "$wanted"
