#!/usr/bin/env bash
# Renders the nginx configuration of one installation: copies nginx/ to the target directory and writes the values
# that the installation decides to its generated/ directory.
#
#   scripts/render-nginx.sh TARGET_DIR
#
# nginx/tunables.env has the values that operators turn; NGINX_<NAME> in the environment wins over them.
#
# Read from the environment: PORT, PUBLIC_BASE_URL (with TLS), STATE_DIR, RUN_DIR (sockets), OBJECT_DIR (empty with S3), FCGI_WORKERS,
# MAX_UPLOAD_BYTES, ADDRESS_REQUESTS_PER_SECOND, ADDRESS_MAX_CONNECTIONS, CORS_ORIGINS, CORS_SUPPORTS_CREDENTIALS,
# CORS_MAX_AGE, TRUSTED_PROXIES, METRICS_ALLOW, NGINX_USER (empty when
# nginx does not start as root), PAGES_DIR (what scripts/publish-pages.sh filled).
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
metrics_allow=${METRICS_ALLOW:-127.0.0.0/8, ::1, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7}

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
for path in "$STATE_DIR" "$RUN_DIR" "${OBJECT_DIR:-}" "${PAGES_DIR:-}"; do
    [[ $path =~ [\"\$\;\{\}\\] || $path == *$'\n'* ]] && fail "a path with one of \" \$ ; { } \\ cannot be used: $path"
done

mkdir -p "$generated"
cp -R "$source_dir/." "$target/"
rm -f "$target/tunables.env"

# The tunables: each @NAME@ of the snippets is replaced by its value.
declare -A tunables=()
while IFS='=' read -r name value; do
    override=NGINX_$name
    value=${!override-$value}
    [[ $value =~ ^[A-Za-z0-9./_\ -]*$ ]] || fail "$override holds a character that no value needs: $value"
    tunables[$name]=$value
done < <(grep -E '^[A-Z_]+=' "$source_dir/tunables.env")
while IFS= read -r file; do
    text=$(<"$file")
    for name in "${!tunables[@]}"; do text=${text//"@$name@"/${tunables[$name]}}; done
    [[ $text =~ @[A-Z_]+@ ]] && fail "${file#"$target/"} names ${BASH_REMATCH[0]}, which nginx/tunables.env does not have"
    printf '%s\n' "$text" >"$file"
done < <(find "$target" -name '*.conf' -not -path "$generated/*")
tls=
if [ -n "${tunables[TLS_CERTIFICATE]}" ] || [ -n "${tunables[TLS_CERTIFICATE_KEY]}" ]; then
    tls=yes
    for name in TLS_CERTIFICATE TLS_CERTIFICATE_KEY; do
        [ -r "${tunables[$name]}" ] || fail "NGINX_$name is not a file that can be read"
    done
    [[ ${tunables[TLS_PORT]} =~ ^[0-9]{1,5}$ ]] || fail "NGINX_TLS_PORT must be a port number"
    [[ ${PUBLIC_BASE_URL:-} =~ ^https://[A-Za-z0-9._:-]+$ ]] ||
        fail "with TLS, PUBLIC_BASE_URL must be the https:// address that clients use"
fi

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
error_log "$STATE_DIR/log/nginx-error.log" ${tunables[ERROR_LOG_LEVEL]};
# Workers keep this directory as their own, which tells them from those of another stack.
working_directory "$STATE_DIR/cwd/nginx";
worker_processes ${tunables[WORKER_PROCESSES]};
worker_rlimit_nofile ${tunables[WORKER_OPEN_FILES]};
# After a reload, old workers live until their last upload has ended.
worker_shutdown_timeout ${tunables[WORKER_SHUTDOWN_TIMEOUT]};
CONF
} | write main.conf

write events.conf <<CONF
worker_connections ${tunables[WORKER_CONNECTIONS]};
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
    ports=("$PORT backlog=${tunables[LISTEN_BACKLOG]}")
    if [ -n "$tls" ]; then ports+=("${tunables[TLS_PORT]} ssl http2 backlog=${tunables[LISTEN_BACKLOG]}"); fi
    for port in "${ports[@]}"; do
        echo "listen $port;"
        if [ -s /proc/net/if_inet6 ]; then echo "listen [::]:$port;"; fi
    done
    if [ -n "$tls" ]; then echo "include snippets/tls.conf;"; fi
} | write listen.conf

{
    if [ -n "$tls" ]; then
        cat <<CONF
set \$plain_door "\$https \$request_uri";
if (\$plain_door !~ "^on |^ /(metrics|health(/(live|ready|startup))?)\$") {
  return 308 "$PUBLIC_BASE_URL\$request_uri";
}
CONF
    fi
} | write redirect.conf

{
    if [ "$metrics_allow" != none ]; then
        while read -r network; do
            [[ $network =~ ^[0-9a-fA-F.:]+(/[0-9]{1,3})?$ ]] ||
                fail "METRICS_ALLOW takes addresses and networks, or none; this is neither: $network"
            echo "allow $network;"
        done < <(items "$metrics_allow")
    fi
    echo "deny all;"
} | write metrics-allow.conf

write drain.conf <<CONF
if (-e "$STATE_DIR/drain") {
  return 503;
}
CONF

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

pages_dir=${PAGES_DIR:-$STATE_DIR/public}
write swagger.conf <<CONF
alias "$pages_dir/swagger.yaml";
CONF
write pages.conf <<CONF
root "$pages_dir";
CONF

if [ -n "${OBJECT_DIR:-}" ]; then
    echo "alias \"$OBJECT_DIR/\";"
else
    echo "return 404;"
fi | write objects.conf

{
    # The same workers twice: with a store of kept connections, and without one (snippets/maps.conf says who takes which).
    for upstream in app_pool app_once; do
        echo "upstream $upstream {"
        echo "  hash \$app_affinity;"
        # Why max_fails=0: a worker that was down for a moment is not shunned for ten seconds afterwards.
        for ((i = 0; i < FCGI_WORKERS; i++)); do
            echo "  server \"unix:$RUN_DIR/app-$i.sock\" max_fails=0;"
        done
        if [ $upstream = app_pool ]; then
            echo "  keepalive ${tunables[APP_KEPT_CONNECTIONS]};"
            echo "  keepalive_requests ${tunables[KEEPALIVE_REQUESTS]};"
        fi
        echo "}"
    done
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
    expose="X-Request-Id, X-Upload-Id, Idempotency-Replayed, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"
    expose+=", Retry-After, WWW-Authenticate, ETag, Content-Disposition"
    allow="Authorization, Content-Type, Digest, Idempotency-Key, If-None-Match, Range, Repr-Digest, X-Request-Id, X-Upload-Id"
    cat <<CONF
map \$cors_allow_origin \$cors_allow_credentials {
  default "$cors_credentials";
  "" "";
}
map \$cors_allow_origin \$cors_expose_headers {
  default "$expose";
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
