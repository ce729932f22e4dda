# The supervisor: its configuration, and questions to it. Sourced by stack.sh.
#
# It is Debian's supervisord with a configuration and a control socket of its own; the system's instance is not
# touched. Programs start through start-program.sh, write their logs themselves, and are started again for ever:
# startsecs=0 keeps the supervisor from counting failures, start-program.sh keeps a second between two starts.

# A setting that is a number of seconds, or else its default: what is wrong with it `config check` says.
seconds() { [[ $1 =~ ^[0-9]{1,5}$ ]] && echo "$1" || echo "$2"; }

supervisor_config() {
    local name priority signal wait
    cat <<CONF
[unix_http_server]
file=$CONTROL_DIR/supervisor.sock
chmod=0700

[supervisord]
logfile=$STATE_DIR/log/supervisord.log
logfile_maxbytes=10MB
logfile_backups=2
loglevel=info
pidfile=$CONTROL_DIR/supervisord.pid
childlogdir=$CONTROL_DIR
identifier=saas-documents
minfds=1024
CONF
    if [ "$(id -u)" = 0 ]; then echo "user=root"; fi
    cat <<CONF

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://$CONTROL_DIR/supervisor.sock
CONF
    for name in "${programs[@]}"; do
        # Stopped in the order of falling priority: first the door, last the database.
        case $name in
            # Its last checkpoint takes what it takes on a slow disk; killed, it would have to recover at the next start.
            postgres) priority=10 signal=INT wait=300 ;;
            app-*) priority=20 signal=TERM wait=$(($(seconds "${DRAIN_SECONDS:-}" 30) + 10)) ;;
            sidecar) priority=30 signal=TERM wait=$(($(seconds "${UPLOAD_DRAIN_SECONDS:-}" 120) + 10)) ;;
            worker) priority=40 signal=TERM wait=40 ;;
            nginx) priority=50 signal=QUIT wait=30 ;;
            logs) priority=60 signal=TERM wait=5 ;;
        esac
        cat <<CONF

[program:$name]
command=/bin/bash "$SUPERVISOR_DIR/start-program.sh" $name
directory=/
priority=$priority
autostart=true
autorestart=true
startsecs=0
startretries=1000000
stopsignal=$signal
stopwaitsecs=$wait
killasgroup=true
redirect_stderr=true
stdout_logfile=NONE
CONF
    done
}

# Talks to the supervisor of this stack.
supervisor() { supervisorctl -c "$SUPERVISOR_DIR/supervisord.conf" "$@"; }

supervisor_is_running() { [ -S "$CONTROL_DIR/supervisor.sock" ] && supervisor pid >/dev/null 2>&1; }

# The process id of a program; fails when it is not running.
program_pid() {
    local pid
    pid=$(supervisor pid "$1" 2>/dev/null) || return 1
    [[ $pid =~ ^[1-9][0-9]*$ ]] || return 1
    if [ "$1" = sidecar ]; then kept_sidecar "$pid"; else echo "$pid"; fi
}

# The sidecar of a keeper, which the supervisor knows in its place; fails when it has none yet.
kept_sidecar() {
    local child
    for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
        if [ "$(cat "/proc/$child/comm" 2>/dev/null)" = UploadSidecar ]; then
            echo "$child"
            return
        fi
    done
    return 1
}

# Starts the guard and, by it, the supervisor with all programs.
start_supervisor() {
    env -i PATH="$PATH" setsid bash "$SUPERVISOR_DIR/guard.sh" "$CONTROL_DIR" "$SUPERVISOR_DIR/supervisord.conf" \
        </dev/null >/dev/null 2>&1 9>&- &
    local deadline=$((SECONDS + 15))
    until supervisor_is_running; do
        ((SECONDS < deadline)) || {
            tail -n 10 "$CONTROL_DIR/supervisord.out" >&2
            fail "the supervisor did not start"
        }
        sleep 0.2
    done
}

# Whether a unix socket takes connections.
socket_accepts() {
    python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(2)
try:
    s.connect(sys.argv[1])
except OSError:
    sys.exit(1)' "$1"
}

# Prints one line for a program: name, pid, state, health; fails when it is not healthy.
# Usage: program_status NAME [PID]   (the supervisor is asked for the pid when it is not given)
program_status() {
    local name=$1 pid=${2:-} state=stopped health=- process
    if [ -z "$pid" ]; then pid=$(program_pid "$name") || pid=-; fi
    if [ "$name" = sidecar ] && [ "$pid" != - ]; then pid=$(kept_sidecar "$pid" || echo "$pid"); fi
    if [ "$pid" != - ]; then
        state=running
        process=$(cat "/proc/$pid/comm" 2>/dev/null || true)
        case $name in
            postgres) "$POSTGRES_BIN/pg_isready" -q -h "$RUN_DIR/postgres" && health=healthy ;;
            nginx) curl -s -o /dev/null -m 5 "http://127.0.0.1:$PORT/health/live" && health=healthy ;;
            app-*) socket_accepts "$RUN_DIR/$name.sock" && health=healthy ;;
            sidecar) socket_accepts "$RUN_DIR/upload.sock" && health=healthy ;;
            worker) [ "$process" = EventWorker ] && health=healthy ;;
            logs) health=healthy ;;
        esac
        if [ "$health" = - ]; then
            health=unhealthy
            # Still the shell: waiting for the database, or for a second after a failed start.
            if [ "$process" = bash ]; then state=starting; fi
        fi
    fi
    printf '%-10s %8s  %-9s %s\n' "$name" "$pid" "$state" "$health"
    [ "$health" = healthy ]
}
