#!/bin/sh
# Renders the configuration from the environment, checks it, and becomes nginx. Logs go to the container's streams.
set -eu
export STATE_DIR=/var/lib/saas-nginx RUN_DIR=/run/saas PAGES_DIR=/srv/saas/pages
mkdir -p "$STATE_DIR/log" "$STATE_DIR/nginx-temp" "$STATE_DIR/cwd/nginx"
rm -f "$STATE_DIR/drain"
ln -sf /dev/stdout "$STATE_DIR/log/nginx-access.log"
ln -sf /dev/stderr "$STATE_DIR/log/nginx-error.log"
/srv/saas/scripts/render-nginx.sh "$STATE_DIR/nginx"
nginx -t -q -c "$STATE_DIR/nginx/nginx.conf"
exec nginx -c "$STATE_DIR/nginx/nginx.conf"
