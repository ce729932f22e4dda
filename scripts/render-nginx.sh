#!/usr/bin/env bash
# Renders the nginx configuration of one installation: copies nginx/ to the target directory and writes the values
# that the installation decides to its generated/ directory.
#
#   scripts/render-nginx.sh TARGET_DIR
#
# Read from the environment: PORT, STATE_DIR, RUN_DIR (sockets), OBJECT_DIR (empty with S3), FCGI_WORKERS,
# MAX_UPLOAD_BYTES, ADDRESS_REQUESTS_PER_SECOND, ADDRESS_MAX_CONNECTIONS, CORS_ORIGINS, CORS_SUPPORTS_CREDENTIALS, CORS_MAX_AGE, TRUSTED_PROXIES, NGINX_USER (empty when
# nginx does not start as root), SWAGGER_FILE.
set -euo pipefail

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../nginx" && pwd)
target=${1:?usage: render-nginx.sh TARGET_DIR}
generated=$target/generated

fail() {
    echo "nginx: $1" >&2
    exit 1
}

: "${PORT:?}" "${STATE_DIR:?}" "${RUN_DIR:?}" "${FCGI_WORKERS:?}"
max_upload_bytes=${MAX_UPLOAD_BYTES:-104857600}
address_rate=${ADDRESS_REQUESTS_PER_SECOND:-20}
address_connections=${ADDRESS_MAX_CONNECTIONS:-100}
cors_origins=${CORS_ORIGINS:-*}
cors_max_age=${CORS_MAX_AGE:-600}
trusted_proxies=${TRUSTED_PROXIES:-}

case ${CORS_SUPPORTS_CREDENTIALS:-false} in
    [Tt]rue | [Yy]es | [Oo]n | 1) cors_credentials=true ;;
    [Ff]alse | [Nn]o | [Oo]ff | 0) cors_credentials= ;;
    *) fail "CORS_SUPPORTS_CREDENTIALS must be true or false" ;;
esac
[[ $PORT =~ ^[0-9]{1,5}$ ]] && ((PORT >= 1 && PORT <= 65535)) || fail "PORT must be a number from 1 to 65535"
[[ $FCGI_WORKERS =~ ^[0-9]{1,3}$ ]] && ((FCGI_WORKERS >= 1)) || fail "FCGI_WORKERS must be a number from 1 to 999"
[[ $max_upload_bytes =~ ^[0-9]{1,15}$ ]] || fail "MAX_UPLOAD_BYTES must be a number of bytes"
[[ $address_rate =~ ^[0-9]{1,6}$ ]] || fail "ADDRESS_REQUESTS_PER_SECOND must be a number"
[[ $address_connections =~ ^[0-9]{1,6}$ ]] || fail "ADDRESS_MAX_CONNECTIONS must be a number"
[[ $cors_max_age =~ ^[0-9]{1,9}$ ]] || fail "CORS_MAX_AGE must be a number of seconds"
for path in "$STATE_DIR" "$RUN_DIR" "${OBJECT_DIR:-}" "${SWAGGER_FILE:-}"; do
    [[ $path =~ [\"\$\;\{\}\\] || $path == *$'\n'* ]] && fail "a path with one of \" \$ ; { } \\ cannot be used: $path"
done

mkdir -p "$generated"
cp -R "$source_dir/." "$target/"

# Splits a comma-separated list into lines without blanks.
items() { tr ',' '\n' <<<"$1" | sed 's/^[[:space:]]*//; s/[[:space:]]*$//; /^$/d'; }

# One generated file, replaced as a whole.
write() {
    cat >"$generated/$1.new"
    mv "$generated/$1.new" "$generated/$1"
}

{
    [ -n "${NGINX_USER:-}" ] && echo "user $NGINX_USER;"
    cat <<CONF
# The supervisor watches the master process.
daemon off;
pid "$STATE_DIR/nginx.pid";
error_log "$STATE_DIR/log/nginx-error.log" warn;
# Workers keep this directory as their own, which tells them from those of another stack.
working_directory "$STATE_DIR/cwd/nginx";
worker_processes auto;
worker_rlimit_nofile 16384;
# After a reload, old workers live until their last upload has ended.
worker_shutdown_timeout 1h;
CONF
} | write main.conf

write events.conf <<CONF
worker_connections 8192;
CONF

write http.conf <<CONF
client_body_temp_path "$STATE_DIR/nginx-temp/body";
fastcgi_temp_path "$STATE_DIR/nginx-temp/fastcgi";
proxy_temp_path "$STATE_DIR/nginx-temp/proxy";
uwsgi_temp_path "$STATE_DIR/nginx-temp/uwsgi";
scgi_temp_path "$STATE_DIR/nginx-temp/scgi";
CONF

write access-log.conf <<CONF
access_log "$STATE_DIR/log/nginx-access.log" access_json buffer=32k flush=1s;
CONF

{
    echo "listen $PORT backlog=4096;"
    [ -e /proc/net/if_inet6 ] && [ -s /proc/net/if_inet6 ] && echo "listen [::]:$PORT backlog=4096;"
    true
} | write listen.conf

write upload-limit.conf <<CONF
client_max_body_size $((max_upload_bytes + 1048576));
CONF

# The rate of each zone is fixed when it is made; without a limit there is neither zone nor use.
{
    if ((address_rate > 0)); then
        echo "limit_req_zone \$limited_address zone=address_rate:10m rate=${address_rate}r/s;"
    fi
    if ((address_connections > 0)); then echo 'limit_conn_zone $counted_address zone=address_connections:10m;'; fi
    true
} | write address-zones.conf

{
    if ((address_rate > 0)); then echo "limit_req zone=address_rate burst=$((address_rate * 5)) nodelay;"; fi
    if ((address_connections > 0)); then echo "limit_conn address_connections $address_connections;"; fi
    true
} | write address-limits.conf

write swagger.conf <<CONF
alias "${SWAGGER_FILE:-$STATE_DIR/public/swagger.yaml}";
CONF

if [ -n "${OBJECT_DIR:-}" ]; then
    echo "alias \"$OBJECT_DIR/\";"
else
    echo "return 404;"
fi | write objects.conf

{
    echo "upstream app_pool {"
    # Why max_fails=0: a worker that was down for a moment is not shunned for ten seconds afterwards.
    for ((i = 0; i < FCGI_WORKERS; i++)); do
        echo "  server \"unix:$RUN_DIR/app-$i.sock\" max_fails=0;"
    done
    echo "}"
    echo "upstream sidecar {"
    echo "  server \"unix:$RUN_DIR/upload.sock\" max_fails=0;"
    echo "}"
} | write upstreams.conf

{
    if [ -n "$trusted_proxies" ]; then
        while read -r proxy; do
            [[ $proxy =~ ^[0-9a-fA-F.:]+(/[0-9]{1,3})?$|^unix:$ ]] ||
                fail "TRUSTED_PROXIES takes addresses and networks; this is neither: $proxy"
            echo "set_real_ip_from $proxy;"
        done < <(items "$trusted_proxies")
        echo "real_ip_header X-Forwarded-For;"
        echo "real_ip_recursive on;"
    fi
} | write real-ip.conf

{
    if [ "$cors_origins" = "*" ]; then
        [ -z "$cors_credentials" ] || fail "CORS_ORIGINS=* cannot be combined with CORS_SUPPORTS_CREDENTIALS"
        echo 'map $http_origin $cors_allow_origin { default "*"; }'
    else
        echo 'map $http_origin $cors_allow_origin {'
        echo '  default "";'
        while read -r origin; do
            [[ $origin =~ ^[a-z][a-z0-9+.-]*://([A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\])(:[0-9]+)?$ ]] ||
                fail "CORS_ORIGINS takes origins such as https://app.example.com or *; this is neither: $origin"
            echo "  \"$origin\" \"$origin\";"
        done < <(items "$cors_origins")
        echo '}'
    fi
    # The rest is sent to allowed origins only, and the answers to a preflight only for OPTIONS.
    expose="X-Request-Id, X-Upload-Id, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, ETag"
    allow="Authorization, Content-Type, Idempotency-Key, If-None-Match, Range, X-Request-Id, X-Upload-Id"
    cat <<CONF
map \$cors_allow_origin \$cors_allow_credentials {
  default "$cors_credentials";
  "" "";
}
map \$cors_allow_origin \$cors_expose_headers {
  default "$expose, Content-Disposition";
  "" "";
}
map "\$request_method\$cors_allow_origin" \$cors_allow_methods {
  default "";
  ~^OPTIONS. "GET, HEAD, POST, PUT, DELETE, OPTIONS";
}
map "\$request_method\$cors_allow_origin" \$cors_allow_headers {
  default "";
  ~^OPTIONS. "$allow";
}
map "\$request_method\$cors_allow_origin" \$cors_max_age {
  default "";
  ~^OPTIONS. "$cors_max_age";
}
CONF
} | write cors.conf
