#!/bin/sh
# Whether an application process is ready, asked on its own socket: GET /health/ready in FastCGI. Needs cgi-fcgi (Debian's
# package libfcgi-bin). stack.sh and saas-documents-restart wait for it before they go on to the next process.
# Usage: app-ready.sh SOCKET
set -eu
answer=$(env -i PATH="$PATH" REQUEST_METHOD=GET REQUEST_URI=/health/ready QUERY_STRING= CONTENT_LENGTH= \
    REMOTE_ADDR=127.0.0.1 REQUEST_ID=ready SERVER_PROTOCOL=HTTP/1.1 UPLOAD_PHASE= \
    timeout 10 cgi-fcgi -bind -connect "$1" </dev/null 2>/dev/null) || true # its exit code is not the answer's status
printf '%s' "$answer" | grep -q '^Status: 200'
