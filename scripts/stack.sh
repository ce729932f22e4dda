#!/usr/bin/env bash
# Runs the whole stack on this machine: PostgreSQL, nginx, the application's workers, the upload sidecar and the event
# worker, under a supervisor that starts again whatever dies.
#
#   scripts/stack.sh up         install what is missing, build, start (or bring up to date), wait until ready
#   scripts/stack.sh down       stop everything, keep the data
#   scripts/stack.sh restart    up, and every program is replaced, one after the other, without a failed request;
#                               PostgreSQL and the supervisor stay
#   scripts/stack.sh status     each process with pid, state and health; 0 only when all is healthy
#   scripts/stack.sh pid NAME   process id of postgres, nginx, app-<i>, sidecar, worker or supervisor
#   scripts/stack.sh drain      let readiness fail, for load balancers, and serve on; undrain or up ends it
#   scripts/stack.sh deps       install what is missing, nothing more
#   scripts/stack.sh saasctl …  the operator's command line with this stack's settings (saasctl help)
#
# Settings come from the environment or from .env in the checkout (.env.example lists them). BIN_DIR=<directory> runs
# programs that were built elsewhere instead of building here.
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
swift_programs=(FCGIApp UploadSidecar EventWorker saasctl)

fail() {
    echo "error: $1" >&2
    exit 1
}
say() { echo "$1"; }

for part in packages settings postgres supervisor restart; do
    # shellcheck disable=SC1090
    source "$checkout/scripts/stack/$part.sh"
done

# The supervised programs of this installation, in order of start.
list_programs() {
    local i
    programs=()
    if [ -n "$private_postgres" ]; then programs+=(postgres); fi
    for ((i = 0; i < FCGI_WORKERS; i++)); do programs+=("app-$i"); done
    programs+=(sidecar worker nginx logs)
}

# Fails when the port is taken by anyone but this stack's own nginx.
check_port() {
    if supervisor_is_running && [ "$(recorded PORT)" = "$PORT" ] && program_pid nginx >/dev/null; then return; fi
    # Workers of our own nginx that outlived it are put away at its start.
    local process
    for process in /proc/[0-9]*; do
        if [ "$(readlink "$process/cwd" 2>/dev/null)" = "$STATE_DIR/cwd/nginx" ]; then return; fi
    done
    python3 - "$PORT" <<'PYTHON' || fail "port $PORT is taken by another program; set PORT to a free one"
import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    s.bind(("", int(sys.argv[1])))
    s.listen()
except OSError:
    sys.exit(1)
PYTHON
}

# A value that the running stack was started with. Usage: recorded NAME
recorded() {
    [ -f "$SUPERVISOR_DIR/env/stack.sh" ] || return 0
    # shellcheck disable=SC1090,SC1091
    (source "$SUPERVISOR_DIR/env/stack.sh" && printf '%s' "${!1:-}")
}

# Builds the programs, or takes them from BIN_DIR, and copies those that changed to the state directory, so that a
# later build takes no running program away.
build() {
    local from program
    if [ -n "${BIN_DIR:-}" ]; then
        from=$BIN_DIR
    else
        command -v swift >/dev/null || fail "the Swift toolchain (6.2 or later) is not on the PATH: https://swift.org/install"
        say "Building (the first build takes some minutes)"
        # The Swift runtime is linked in: the programs run as users who may not reach the toolchain.
        local -a flags=(-c release --static-swift-stdlib --package-path "$checkout")
        swift build "${flags[@]}" || fail "the build failed"
        from=$(swift build "${flags[@]}" --show-bin-path)
    fi
    for program in "${swift_programs[@]}"; do
        [ -x "$from/$program" ] || fail "there is no program $from/$program"
    done
    # Programs that link the Swift runtime dynamically (BIN_DIR alone) bring it along.
    for program in "${swift_programs[@]}" $(cd "$from" && compgen -G 'lib*.so' || true); do
        if ! cmp -s "$from/$program" "$STATE_DIR/bin/$program"; then
            install -m 0755 "$from/$program" "$STATE_DIR/bin/$program.new"
            mv -f "$STATE_DIR/bin/$program.new" "$STATE_DIR/bin/$program"
        fi
    done
}

# Writes everything that the programs are started from.
render() {
    local name file
    {
        for name in STATE_DIR RUN_DIR APP_USER POSTGRES_USER POSTGRES_BIN POSTGRES_DATA PORT FCGI_WORKERS private_postgres; do
            printf '%s=%q\n' "$name" "${!name}"
        done
        printf 'BIN_DIR=%q\n' "$STATE_DIR/bin"
    } | replace "$SUPERVISOR_DIR/env/stack.sh"
    for name in "${programs[@]}" saasctl; do
        program_environment "$name" | replace "$SUPERVISOR_DIR/env/$name.sh"
    done
    for file in start-program.sh guard.sh; do
        replace "$SUPERVISOR_DIR/$file" <"$checkout/scripts/stack/$file"
    done
    supervisor_config | replace "$SUPERVISOR_DIR/supervisord.conf"
    for name in "${programs[@]}"; do
        if [ ! -e "$STATE_DIR/log/$name.log" ]; then install -m 0640 /dev/null "$STATE_DIR/log/$name.log"; fi
    done
    sed -e "s|@BASE_URL@|http://localhost:$PORT|g" "$checkout/scripts/example.sh.in" | replace "$STATE_DIR/example.sh" 0644
    "$checkout/scripts/publish-pages.sh" "$STATE_DIR/public"
}

# Replaces a file as a whole by standard input. Usage: replace FILE [MODE]
replace() {
    (umask 077 && cat >"$1.new")
    chmod "${2:-0600}" "$1.new"
    mv -f "$1.new" "$1"
}

# Renders the nginx configuration beside the running one, tests it, and only then puts it in place.
configure_nginx() {
    local fresh=$STATE_DIR/nginx.new
    # A start ends a drain.
    rm -f "$STATE_DIR/drain"
    rm -rf "$fresh"
    PORT=$PORT STATE_DIR=$STATE_DIR RUN_DIR=$RUN_DIR OBJECT_DIR=$OBJECT_DIR FCGI_WORKERS=$FCGI_WORKERS \
        MAX_UPLOAD_BYTES=$MAX_UPLOAD_BYTES PUBLIC_BASE_URL=$PUBLIC_BASE_URL NGINX_USER=$APP_USER "$checkout/scripts/render-nginx.sh" "$fresh"
    nginx -t -q -c "$fresh/nginx.conf" || fail "the nginx configuration is not valid"
    if [ -d "$STATE_DIR/nginx" ] && diff -r -q "$STATE_DIR/nginx" "$fresh" >/dev/null; then
        rm -rf "$fresh"
        return
    fi
    rm -rf "$STATE_DIR/nginx"
    mv "$fresh" "$STATE_DIR/nginx"
    local pid
    if pid=$(program_pid nginx); then kill -HUP "$pid"; fi
}

saasctl() { bash "$SUPERVISOR_DIR/start-program.sh" saasctl "$@"; }

# Runs a step whose output matters only when it fails. Usage: quietly DESCRIPTION COMMAND...
quietly() {
    local what=$1 output
    shift
    if ! output=$("$@" 2>&1); then
        printf '%s\n' "$output" | tail -n 20 >&2
        fail "$what failed"
    fi
}

await_ready() {
    local deadline=$((SECONDS + 60)) code name
    while :; do
        code=$(curl -s -o /dev/null -m 5 -w '%{http_code}' "http://127.0.0.1:$PORT/health/ready" || true)
        # Readiness is the API's; uploads have a door of their own.
        if [ "$code" = 200 ] && socket_accepts "$RUN_DIR/upload.sock"; then return; fi
        ((SECONDS < deadline)) || break
        sleep 0.3
    done
    for name in "${programs[@]}"; do
        if ! program_status "$name" >&2; then tail -n 8 "$STATE_DIR/log/$name.log" | sed "s/^/  $name: /" >&2; fi
    done
    fail "the stack is not ready after 60 seconds (GET /health/ready: $code); logs are in $STATE_DIR/log"
}

# Usage: up changed|all   which programs are restarted when the stack runs already
up() {
    local build_flag='' packages was_running=''
    if [ -n "${BIN_DIR:-}" ]; then build_flag=--no-build; fi
    # shellcheck disable=SC2046,SC2086  # a list of package names
    packages=$(missing_packages $build_flag)
    if [ -n "$packages" ]; then install_packages $packages; fi
    locate_state --create
    apply_defaults
    list_programs
    check_port
    mkdir -p "$STATE_DIR"
    exec 9>"$STATE_DIR/.lock"
    flock -n 9 || fail "another command is working on this stack right now"
    make_directories
    build
    make_secrets
    POSTGRES_BIN=
    if [ -n "$private_postgres" ]; then
        locate_postgres
        make_cluster
    fi
    locate_database
    if supervisor_is_running; then was_running=yes; fi
    render
    if [ -n "$private_postgres" ]; then configure_cluster; fi
    configure_nginx
    quietly "checking the settings (saasctl config check)" saasctl config check --offline
    if [ -z "$was_running" ]; then
        rm -f "$SUPERVISOR_DIR/migrated" "$SUPERVISOR_DIR/stopping"
        start_supervisor
    else
        update_supervisor
    fi
    if [ -n "$private_postgres" ]; then
        await_postgres 60 || {
            tail -n 10 "$STATE_DIR/log/postgres.log" >&2
            fail "PostgreSQL did not start"
        }
        quietly "making the database roles" make_roles
    fi
    quietly "preparing the database (saasctl init-db)" saasctl init-db --non-interactive
    # Before the programs that expect the new schemas start. One tenant that fails must not keep the others down.
    saasctl migrate tenants >"$STATE_DIR/log/migrate-tenants.log" 2>&1 || {
        say "WARNING: not every tenant's schema could be brought up to date (saasctl migrate tenants):"
        grep failed "$STATE_DIR/log/migrate-tenants.log" | head -n 5
    }
    # An object store that does not answer is reported, not fatal: the API serves what it can without it.
    saasctl config check | grep -v "no problems" || true
    touch "$SUPERVISOR_DIR/migrated"
    if [ -n "$was_running" ]; then restart_programs "$1"; else record_versions; fi
    await_ready
    if [ "$1" = all ] && [ -n "$was_running" ]; then
        say "Ready: http://localhost:$PORT"
        return
    fi
    say ""
    say "Ready: http://localhost:$PORT  (state in $STATE_DIR; make status, make down)"
    say "A first session, ready to paste (also in $STATE_DIR/example.sh):"
    say ""
    cat "$STATE_DIR/example.sh"
}

# Sets the paths of an existing installation, and what it was started with.
open_stack() {
    locate_state
    private_postgres=$(recorded private_postgres)
    # shellcheck disable=SC2034  # other parts of this script read it
    FCGI_WORKERS=$(recorded FCGI_WORKERS) PORT=$(recorded PORT) POSTGRES_BIN=$(recorded POSTGRES_BIN)
    programs=()
    if [ -n "$FCGI_WORKERS" ]; then list_programs; fi
}

down() {
    open_stack
    if [ -d "$STATE_DIR" ]; then
        exec 9>"$STATE_DIR/.lock"
        flock -w 120 9 || fail "another command is working on this stack right now"
    fi
    if supervisor_is_running; then
        # Readiness fails first: whoever asks it sends nothing more.
        touch "$STATE_DIR/drain"
        local pid
        pid=$(supervisor pid)
        # No sidecar follows the one that stops now.
        touch "$SUPERVISOR_DIR/stopping"
        supervisor shutdown >/dev/null
        while [ -d "/proc/$pid" ]; do sleep 0.2; done
        end_leftovers
        say "Stopped. The data stays in $STATE_DIR."
    else
        end_leftovers
        say "Not running."
    fi
}

# Process ids of the stack's programs, found without the supervisor: by working directory and name.
leftovers() {
    local process
    for process in /proc/[0-9]*; do
        case $(readlink "$process/cwd" 2>/dev/null) in
            "$STATE_DIR"/cwd/* | "$POSTGRES_DATA")
                case $(cat "$process/comm" 2>/dev/null) in
                    postgres | nginx | FCGIApp | UploadSidecar | EventWorker) echo "${process#/proc/}" ;;
                esac
                ;;
        esac
    done
}

# Ends what outlived a killed supervisor. INT is a fast stop for PostgreSQL.
end_leftovers() {
    local signal pids i
    for signal in TERM INT KILL; do
        for ((i = 0; i < 50; i++)); do
            pids=$(leftovers)
            [ -n "$pids" ] || return 0
            # shellcheck disable=SC2086  # a list of numbers
            if ((i == 0)); then kill -"$signal" $pids 2>/dev/null || true; fi
            sleep 0.1
        done
    done
}

status() {
    open_stack
    local healthy=yes name code
    if ! supervisor_is_running; then
        echo "The stack is not running."
        return 1
    fi
    printf '%-10s %8s  %-9s %s\n' NAME PID STATE HEALTH
    printf '%-10s %8s  %-9s %s\n' supervisor "$(supervisor pid)" running healthy
    local -A pids=()
    while read -r name _ _ code _; do pids[$name]=${code%,}; done < <(supervisor status | grep ' RUNNING ')
    for name in "${programs[@]}"; do program_status "$name" "${pids[$name]:--}" || healthy=; done
    code=$(curl -s -o /dev/null -m 10 -w '%{http_code}' "http://127.0.0.1:$PORT/health/ready" || true)
    echo "GET http://localhost:$PORT/health/ready: $code"
    echo "Database connections (saasctl pools):"
    saasctl pools 2>/dev/null | sed 's/^/  /' || true
    [ -n "$healthy" ] && [ "$code" = 200 ]
}

# Lets readiness fail while everything is served on, or ends that. Usage: drain on|off
drain() {
    open_stack
    supervisor_is_running || fail "the stack is not running"
    if [ "$1" = on ]; then
        touch "$STATE_DIR/drain"
        say "GET /health/ready is 503 from now on; requests are answered as ever. scripts/stack.sh undrain ends it."
    else
        rm -f "$STATE_DIR/drain"
        say "GET /health/ready tells how the parts are."
    fi
}

print_pid() {
    open_stack
    if [ "$1" = supervisor ]; then
        supervisor_is_running && supervisor pid
    else
        program_pid "$1"
    fi
}

# In the caller's directory, where archives are read and written.
run_saasctl() {
    open_stack
    [ -f "$SUPERVISOR_DIR/env/saasctl.sh" ] || fail "there is no stack in $STATE_DIR yet; begin with: make up"
    # shellcheck disable=SC1091
    source "$SUPERVISOR_DIR/env/saasctl.sh"
    exec "$STATE_DIR/bin/saasctl" "$@"
}

read_env_file "$checkout/.env"
case ${1:-} in
    up) up changed ;;
    down) down ;;
    restart) up all ;;
    status) status ;;
    drain) drain on ;;
    undrain) drain off ;;
    saasctl)
        shift
        run_saasctl "$@"
        ;;
    pid) print_pid "${2:?usage: stack.sh pid NAME}" ;;
    deps)
        packages=$(missing_packages)
        # shellcheck disable=SC2086
        if [ -n "$packages" ]; then install_packages $packages; else say "Nothing is missing."; fi
        ;;
    *)
        sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
        exit 2
        ;;
esac
