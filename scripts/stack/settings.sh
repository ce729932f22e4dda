# The settings of one installation: where things are, who runs them, and what each program is told. Sourced by
# stack.sh; needs $checkout and fail().

# Reads KEY=VALUE lines of the checkout's .env for variables that the environment does not have. The file is data:
# nothing in it is executed.
read_env_file() {
    local file=$1 line name value
    [ -f "$file" ] || return 0
    while IFS= read -r line || [ -n "$line" ]; do
        line=${line%$'\r'}
        [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)[[:space:]]*=[[:space:]]*(.*)$ ]] || continue
        name=${BASH_REMATCH[2]} value=${BASH_REMATCH[3]}
        value=${value%"${value##*[![:space:]]}"}
        case $value in
            \"*\") value=${value#\"} value=${value%\"} ;;
            \'*\') value=${value#\'} value=${value%\'} ;;
            *)
                value=${value%%[[:space:]]#*}
                value=${value%"${value##*[![:space:]]}"}
                ;;
        esac
        if [ -z "${!name+set}" ]; then export "$name=$value"; fi
    done <"$file"
}

# Eight hexadecimal digits that stand for a path.
short_hash() { printf '%s' "$1" | sha256sum | cut -c1-8; }

# Whether all users of the stack can enter a directory.
everyone_can_enter() {
    local user
    for user in "$APP_USER" "$POSTGRES_USER"; do
        getent passwd "$user" >/dev/null || continue
        setpriv --reuid="$user" --regid="$user" --clear-groups test -x "$1" 2>/dev/null || return 1
    done
}

# Sets STATE_DIR to an absolute path that the users of the stack can reach, and the paths that follow from it.
# Usage: locate_state [--create]
locate_state() {
    local wanted user
    wanted=$(cd "$checkout" && realpath -ms "${STATE_DIR:-var}")
    STATE_DIR=$(realpath -m "$wanted")
    case $STATE_DIR in
        *[\"\'\$\%\;\{\}\\]* | *$'\n'*) fail "STATE_DIR must not hold quotes or any of \$ % ; { } \\: $STATE_DIR" ;;
    esac
    if [ "$(id -u)" = 0 ]; then
        APP_USER=www-data POSTGRES_USER=postgres
    else
        APP_USER='' POSTGRES_USER=''
    fi
    if [ "${1:-}" = --create ]; then
        mkdir -p "$STATE_DIR" || fail "cannot create the state directory $STATE_DIR"
        if [ -n "$APP_USER" ]; then
            chmod 0755 "$STATE_DIR"
            if ! everyone_can_enter "$STATE_DIR"; then move_state_out_of "$wanted"; fi
        fi
    fi

    # A unix socket's path ends at 107 bytes; the longest name below run/ has about 40.
    RUN_DIR=$STATE_DIR/run CONTROL_DIR=$STATE_DIR/supervisor SHORT_DIR=''
    if [ ${#RUN_DIR} -gt 67 ]; then
        SHORT_DIR=/tmp/saas-$(short_hash "$STATE_DIR")
        if [ -n "$APP_USER" ]; then SHORT_DIR=/run/saas-$(short_hash "$STATE_DIR"); fi
        RUN_DIR=$SHORT_DIR/run CONTROL_DIR=$SHORT_DIR/control
    fi
    SUPERVISOR_DIR=$STATE_DIR/supervisor
    SECRETS_DIR=$STATE_DIR/secrets
    POSTGRES_DATA=$STATE_DIR/postgres
}

# The state directory lies where www-data cannot go (a checkout in a private home): keep the state in a public place
# and leave a link.
move_state_out_of() {
    local reachable
    [ -z "$(ls -A "$STATE_DIR")" ] ||
        fail "$STATE_DIR holds data but the user $APP_USER cannot reach it; open its parent directories or set STATE_DIR"
    reachable=/var/lib/saas-documents/$(short_hash "$1")
    mkdir -p "$reachable"
    chmod 0755 /var/lib/saas-documents "$reachable"
    everyone_can_enter "$reachable" || fail "the user $APP_USER can reach neither $1 nor $reachable; set STATE_DIR"
    rm -df "$1"
    ln -sn "$reachable" "$1"
    STATE_DIR=$reachable
    say "The user $APP_USER cannot reach $1: the state is kept in $reachable, $1 is a link to it."
}

# Defaults of what this script itself uses.
apply_defaults() {
    PORT=${PORT:-${FLASK_PORT:-4999}}
    FCGI_WORKERS=${FCGI_WORKERS:-$(nproc)}
    FCGI_THREADS=${FCGI_THREADS:-16}
    MAX_UPLOAD_BYTES=${MAX_UPLOAD_BYTES:-104857600}
    PUBLIC_BASE_URL=${PUBLIC_BASE_URL:-http://localhost:$PORT}
    [[ $PORT =~ ^[0-9]{1,5}$ ]] && ((PORT >= 1 && PORT <= 65535)) || fail "PORT must be a number from 1 to 65535"
    [[ $FCGI_WORKERS =~ ^[0-9]{1,2}$ ]] && ((FCGI_WORKERS >= 1)) || fail "FCGI_WORKERS must be a number from 1 to 99"
    [[ $FCGI_THREADS =~ ^[0-9]{1,3}$ ]] && ((FCGI_THREADS >= 1)) || fail "FCGI_THREADS must be a number from 1 to 999"
    private_postgres=
    if [ -z "${DATABASE_URL:-${DATABASE_URL_FILE:-}}" ]; then private_postgres=yes; fi
    # The key may be in a file or in Vault: then a bucket's name is enough here, and the programs look for the key.
    if [ -n "${S3_BUCKET:-}" ] &&
        [ -n "${S3_ACCESS_KEY_ID:-}${S3_ACCESS_KEY:-}${S3_ACCESS_KEY_ID_FILE:-}${S3_ACCESS_KEY_FILE:-}${VAULT_ADDR:-}" ]; then
        OBJECT_DIR=
    else
        OBJECT_DIR=$(cd "$checkout" && realpath -m "${OBJECT_DIR:-$STATE_DIR/objects}")
    fi
}

# The directories of the state, each with its owner and mode.
make_directories() {
    local app=${APP_USER:-$(id -un)} postgres=${POSTGRES_USER:-$(id -un)} group
    group=$(id -gn "$app")
    if [ -n "$SHORT_DIR" ]; then
        mkdir -p "$SHORT_DIR"
        [ -d "$SHORT_DIR" ] && [ ! -L "$SHORT_DIR" ] && [ -O "$SHORT_DIR" ] || fail "$SHORT_DIR belongs to someone else"
        chmod "$([ -n "$APP_USER" ] && echo 0711 || echo 0750)" "$SHORT_DIR"
        mkdir -p "$RUN_DIR"
        ln -sfn "$RUN_DIR" "$STATE_DIR/run"
    fi
    directory 0750 "" "$STATE_DIR/log"
    directory 0755 "" "$STATE_DIR/bin" "$STATE_DIR/nginx-temp" "$STATE_DIR/public"
    directory 0700 "" "$SUPERVISOR_DIR" "$SUPERVISOR_DIR/env" "$SUPERVISOR_DIR/versions" "$CONTROL_DIR"
    directory 0711 "$app:$group" "$RUN_DIR"
    directory 0750 "$app:$group" "$RUN_DIR/internal" "$RUN_DIR/metrics"
    directory 0750 "$postgres:$group" "$RUN_DIR/postgres"
    directory 0700 "$app:$group" "$STATE_DIR/spool"
    directory 0711 "" "$SECRETS_DIR"
    if [ -n "$OBJECT_DIR" ]; then directory 0750 "$app:$group" "$OBJECT_DIR"; fi
    local name
    for name in "${programs[@]}"; do directory 0755 "" "$STATE_DIR/cwd/$name"; done
}

# Usage: directory MODE OWNER DIR...   (no owner is changed when OWNER is empty or the caller is not root)
directory() {
    local mode=$1 owner=$2 dir
    shift 2
    for dir in "$@"; do
        mkdir -p "$dir"
        chmod "$mode" "$dir"
        if [ -n "$owner" ] && [ -n "$APP_USER" ]; then chown "$owner" "$dir"; fi
    done
}

# Makes what must be secret, once.
make_secrets() {
    local app=${APP_USER:-$(id -un)} name
    for name in jwt-secret database-password database-app-password database-worker-password database-superuser-password; do
        if [ ! -s "$SECRETS_DIR/$name" ]; then
            (umask 077 && openssl rand -hex 32 >"$SECRETS_DIR/$name.new")
            mv "$SECRETS_DIR/$name.new" "$SECRETS_DIR/$name"
        fi
    done
    # The pair that signs upload grants: FCGIApp reads the private half, the sidecar the public one.
    if [ ! -s "$SECRETS_DIR/grant-private.pem" ]; then
        (umask 077 && openssl genpkey -algorithm ed25519 -out "$SECRETS_DIR/grant-private.pem.new")
        mv "$SECRETS_DIR/grant-private.pem.new" "$SECRETS_DIR/grant-private.pem"
    fi
    openssl pkey -in "$SECRETS_DIR/grant-private.pem" -pubout -out "$SECRETS_DIR/grant-public.pem"
    chmod 0600 "$SECRETS_DIR"/*
    if [ -n "$APP_USER" ]; then chown "$app" "$SECRETS_DIR"/grant-*.pem; fi
}

# Database addresses: those of the private cluster, or the ones given. The programs know the tenants' by the main one.
locate_database() {
    if [ -n "$private_postgres" ]; then
        local place
        place="/saas_main?host="$(python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1], safe=""))' "$RUN_DIR/postgres")
        DATABASE_URL="postgresql://saas:$(cat "$SECRETS_DIR/database-password")@$place"
        APP_DATABASE_URL="postgresql://saas_app:$(cat "$SECRETS_DIR/database-app-password")@$place"
        WORKER_DATABASE_URL="postgresql://saas_worker:$(cat "$SECRETS_DIR/database-worker-password")@$place"
        DATABASE_MAX_CONNECTIONS=${DATABASE_MAX_CONNECTIONS:-150}
    fi
}

# Prints one shell assignment.
emit() { printf 'export %s=%q\n' "$1" "$2"; }

# Prints the environment of a program as shell assignments: the names that it may know, and no others.
# Usage: program_environment NAME
program_environment() {
    local name=$1 variable pattern
    local -a common=(TZ ENV_FILE APP_ENV FLASK_ENV LOG_LEVEL LOG_FORMAT LOG_FILE PUBLIC_BASE_URL PORT STATE_DIR DRAIN_SECONDS
        LLVM_PROFILE_FILE) # where a program built by scripts/coverage.sh puts its profile
    local -a store=('S3_*' OBJECT_DIR MAX_UPLOAD_BYTES 'UPLOAD_*' STORAGE_QUOTA_BYTES)
    local -a databases=('DATABASE_*' 'TENANT_DATABASE_URL_TEMPLATE*' FCGI_WORKERS EVENT_MAX_CONNECTIONS)
    local -a vault=('VAULT_*')
    # What the application alone needs to know, and what the event worker alone.
    local -a application=(
        'JWT_*' KAFKA_BOOTSTRAP_SERVERS 'CORS_*' 'REDIS_URL*' 'RATE_*' 'LOGIN_*' 'ADDRESS_*' TENANT_RATE_LIMIT_PER_HOUR
        TRUSTED_PROXIES DEMO_ROUTES FCGI_THREADS
        BCRYPT_COST)
    local -a events=(
        'KAFKA_*' ORPHAN_TTL SWEEP_INTERVAL STORAGE_SWEEP_INTERVAL AUDIT_RETENTION_DAYS 'EVENT_*' 'INSPECTION_*'
        TENANT_WARM_POOL)
    local -a allowed
    case $name in
        app-*) allowed=("${common[@]}" "${store[@]}" "${databases[@]}" "${vault[@]}" "${application[@]}") ;;
        worker) allowed=("${common[@]}" "${store[@]}" "${databases[@]}" "${vault[@]}" "${events[@]}") ;;
        saasctl)
            allowed=(
                "${common[@]}" "${store[@]}" "${databases[@]}" "${vault[@]}" "${application[@]}" "${events[@]}" 'ADMIN_*'
                'SPOOL_*' 'SAASCTL_*' TEST_TENANT_NAME)
            ;;
        sidecar)
            allowed=("${common[@]}" "${store[@]}" 'SPOOL_*')
            # Nothing in Vault concerns the sidecar of a directory store.
            if [ -z "$OBJECT_DIR" ]; then allowed+=("${vault[@]}"); fi
            ;;
        *) allowed=(TZ) ;;
    esac
    # Each program connects as a role of its own, where there are several.
    local DATABASE_URL=${DATABASE_URL:-}
    case $name in
        app-*) DATABASE_URL=${APP_DATABASE_URL:-$DATABASE_URL} ;;
        worker) DATABASE_URL=${WORKER_DATABASE_URL:-$DATABASE_URL} ;;
    esac
    # The stack's own secret is for those who name no other place.
    local JWT_SECRET_KEY=${JWT_SECRET_KEY:-}
    if [ -z "$JWT_SECRET_KEY${JWT_SECRET_KEY_FILE:-}${VAULT_ADDR:-}" ]; then JWT_SECRET_KEY=$(cat "$SECRETS_DIR/jwt-secret"); fi
    emit PATH /usr/local/bin:/usr/bin:/bin
    for variable in $(compgen -v | LC_ALL=C sort); do
        for pattern in "${allowed[@]}"; do
            # shellcheck disable=SC2053  # the right side is a pattern
            if [[ $variable == $pattern && -n "${!variable}" ]]; then
                emit "$variable" "${!variable}"
                break
            fi
        done
    done
    # libfcgi waits for nginx to close its side; its own limit of two seconds is much for a local socket.
    case $name in
        app-*)
            emit WORKER_INDEX "${name#app-}"
            emit METRICS_DIR "$RUN_DIR/metrics"
            emit APP_SOCKET "$RUN_DIR/$name.sock"
            emit INTERNAL_SOCKET "$RUN_DIR/internal/$name.sock"
            emit UPLOAD_GRANT_PRIVATE_KEY_FILE "$SECRETS_DIR/grant-private.pem"
            emit LIBFCGI_OS_CLOSE_POLL_TIMEOUT 200
            ;;
        sidecar)
            emit UPLOAD_SOCKET "$RUN_DIR/upload.sock"
            emit INTERNAL_SOCKET_DIR "$RUN_DIR/internal"
            emit SPOOL_DIR "$STATE_DIR/spool"
            emit METRICS_DIR "$RUN_DIR/metrics"
            emit UPLOAD_GRANT_PUBLIC_KEY_FILE "$SECRETS_DIR/grant-public.pem"
            emit LIBFCGI_OS_CLOSE_POLL_TIMEOUT 200
            ;;
        worker) emit METRICS_DIR "$RUN_DIR/metrics" ;;
        saasctl)
            # For `config check`, which looks at what the other programs are given.
            emit INTERNAL_SOCKET_DIR "$RUN_DIR/internal"
            emit SPOOL_DIR "$STATE_DIR/spool"
            emit UPLOAD_GRANT_PRIVATE_KEY_FILE "$SECRETS_DIR/grant-private.pem"
            emit UPLOAD_GRANT_PUBLIC_KEY_FILE "$SECRETS_DIR/grant-public.pem"
            ;;
    esac
}
