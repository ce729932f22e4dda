#!/usr/bin/env bash
# Starts one program of the stack in place of this shell: puts away what a killed predecessor left behind, drops
# privileges, and gives it its own environment and nothing else. The supervisor runs this for each start, from the
# copy in STATE_DIR/supervisor.
#
#   start-program.sh NAME            postgres, nginx, app-<i>, sidecar, worker, logs
#   start-program.sh stand-in        serves for app-0 while that is restarted (see restart.sh)
#   start-program.sh saasctl ARG...  runs saasctl as the application's user, to its end
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=$1
shift
# Nothing of the caller's environment reaches a program.
for variable in $(compgen -e); do unset "$variable"; done
PATH=/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/bin
# STATE_DIR, RUN_DIR, APP_USER, POSTGRES_USER, POSTGRES_BIN, POSTGRES_DATA, BIN_DIR
# shellcheck disable=SC1091
source "$here/env/stack.sh"

# Processes of this program that are still there: all of them, workers and backends included, keep the program's own
# directory as their working directory; the name tells them from a person's shell in there.
own_directory=$STATE_DIR/cwd/$name
if [ "$name" = postgres ]; then own_directory=$POSTGRES_DATA; fi
strays() {
    local process
    for process in /proc/[0-9]*; do
        if [ "$(readlink "$process/cwd" 2>/dev/null)" = "$own_directory" ]; then
            case $(cat "$process/comm" 2>/dev/null) in
                postgres | nginx | FCGIApp | UploadSidecar | EventWorker) echo "${process#/proc/}" ;;
            esac
        fi
    done
}

# Asks the strays to end with a signal; after the time given, kills them. Usage: end_strays SIGNAL SECONDS
end_strays() {
    local pids deadline=$((SECONDS + $2))
    pids=$(strays)
    [ -n "$pids" ] || return 0
    echo "ending what is left of an earlier $name: ${pids//$'\n'/ }" >&2
    # shellcheck disable=SC2086  # a list of numbers
    kill -"$1" $pids 2>/dev/null
    while pids=$(strays) && [ -n "$pids" ]; do
        if ((SECONDS >= deadline)); then
            # shellcheck disable=SC2086
            kill -KILL $pids 2>/dev/null
            sleep 0.2
            return
        fi
        sleep 0.1
    done
}

# A program that ends at once is not started again at once.
throttle() {
    local stamp=$here/versions/$name.started now last=0
    now=$(date +%s%N)
    if [ -r "$stamp" ]; then last=$(cat "$stamp"); fi
    if ((now - last < 1000000000)); then sleep 1; fi
    date +%s%N >"$stamp"
}

# Waits for the private server and for the migrations of this start of the stack; at most a minute, then the
# program is started anyway and reports for itself what is missing.
await_database() {
    local tries
    for ((tries = 0; tries < 300; tries++)); do
        if [ -e "$here/migrated" ]; then
            [ -z "$POSTGRES_BIN" ] && return
            "$POSTGRES_BIN/pg_isready" -q -h "$RUN_DIR/postgres" && return
        fi
        sleep 0.2
    done
}

# Takes on the program's own environment. Values never stand on a command line.
take_environment() {
    # shellcheck disable=SC1090
    source "$here/env/$1.sh"
}

# Becomes the program, as the user named. A start whose supervisor died meanwhile is left to the next supervisor.
as_user() {
    local user=$1
    shift
    [ -d "/proc/$PPID" ] || exit 1
    if [ -n "$user" ]; then
        exec /usr/bin/setpriv --reuid="$user" --regid="$user" --clear-groups --no-new-privs "$@"
    fi
    exec "$@"
}

# The sidecar's keeper: stays as its parent and ends as soon as it must be replaced, so that the supervisor starts the
# next keeper with the next sidecar, while the present one goes on: it takes uploads until the next has its socket, and
# finishes those that run. Whoever asks the sidecar or its keeper to stop (TERM) restarts it without a gap; the whole
# stack says by the file `stopping` that nothing is to follow.
keep_sidecar() {
    local asked='' sidecar reader='' gate earlier before fifo=$here/versions/sidecar.fifo socket=$RUN_DIR/upload.sock
    earlier=$(strays)
    before=$(stat -c %i "$socket" 2>/dev/null)
    # Ending the reader ends the wait below, however the signal falls.
    trap 'asked=yes; [ -z "$reader" ] || kill "$reader" 2>/dev/null' TERM
    rm -f "$fifo"
    mkfifo -m 0600 "$fifo" || exit 1
    (
        # The sidecar closes its end when it wants to be replaced, and by ending.
        exec 3>"$fifo"
        trap - TERM
        cd "$own_directory" || exit 1
        take_environment sidecar
        export UPLOAD_KEEPER_FD=3
        as_user "$APP_USER" "$BIN_DIR/UploadSidecar"
    ) &
    sidecar=$!
    exec {gate}<"$fifo"
    (read -r _ <&"$gate") &
    reader=$!
    exec {gate}<&-
    # Sidecars whose keeper was killed: they finish once this one has the socket.
    if [ -n "$earlier" ]; then
        for _ in {1..100}; do
            [ "$(stat -c %i "$socket" 2>/dev/null)" = "$before" ] || break
            [ -d "/proc/$sidecar" ] || break
            sleep 0.1
        done
        # shellcheck disable=SC2086  # a list of numbers
        kill -TERM $earlier 2>/dev/null
    fi
    if [ -z "$asked" ]; then wait -n "$sidecar" "$reader"; fi
    if [ -n "$asked" ] && [ -e "$here/stopping" ]; then
        kill -INT "$sidecar" 2>/dev/null
        wait "$sidecar"
    elif [ -n "$asked" ]; then
        kill -TERM "$sidecar" 2>/dev/null
    fi
    exit 0
}

if [ "$name" = saasctl ]; then
    cd / || exit 1
    take_environment saasctl
    as_user "$APP_USER" "$BIN_DIR/saasctl" "$@"
fi

log=$name
if [ "$name" = stand-in ]; then log=app-0; fi
exec >>"$STATE_DIR/log/$log.log" 2>&1 </dev/null
throttle
ulimit -n 16384 2>/dev/null || ulimit -n "$(ulimit -Hn)"

case $name in
    postgres)
        # A killed postmaster leaves backends that hold its shared memory; no new one starts before they are gone. QUIT
        # ends them at once. A postmaster that outlived its supervisor is stopped in order, by INT.
        if postmaster=$(head -n 1 "$POSTGRES_DATA/postmaster.pid" 2>/dev/null) &&
            strays | grep -x "$postmaster" >/dev/null; then
            kill -INT "$postmaster"
            end_strays 0 10
        fi
        end_strays QUIT 3
        # Nothing runs here now, so a lock file is left over, whoever has its process id today.
        rm -f "$POSTGRES_DATA/postmaster.pid" "$RUN_DIR"/postgres/.s.PGSQL.*
        cd "$POSTGRES_DATA" || exit 1
        take_environment postgres
        as_user "$POSTGRES_USER" "$POSTGRES_BIN/postgres" -D "$POSTGRES_DATA"
        ;;
    nginx)
        # Workers of a killed master hold the port. QUIT makes them close it at once and finish their requests, which
        # the new nginx need not wait for.
        pids=$(strays)
        if [ -n "$pids" ]; then
            echo "asking workers of an earlier nginx to finish: ${pids//$'\n'/ }"
            # shellcheck disable=SC2086
            kill -QUIT $pids 2>/dev/null
            sleep 0.3
        fi
        cd "$own_directory" || exit 1
        nginx=$(command -v nginx)
        take_environment nginx
        exec "$nginx" -c "$STATE_DIR/nginx/nginx.conf"
        ;;
    logs)
        # Every log is opened for appending, so it can be copied and emptied under its writer.
        cd "$own_directory" || exit 1
        while sleep 20 && [ -d "/proc/$PPID" ]; do
            for log in "$STATE_DIR"/log/*.log; do
                if [ "$(stat -c %s "$log")" -gt 52428800 ]; then
                    for generation in 3 2 1; do
                        [ -e "$log.$generation" ] && mv "$log.$generation" "$log.$((generation + 1))"
                    done
                    cp -p "$log" "$log.1" && truncate -s 0 "$log"
                fi
            done
        done
        ;;
    sidecar)
        await_database
        keep_sidecar
        ;;
    stand-in)
        end_strays TERM 5
        cd "$own_directory" || exit 1
        take_environment app-0
        as_user "$APP_USER" "$BIN_DIR/FCGIApp"
        ;;
    *)
        end_strays TERM 5
        await_database
        cd "$own_directory" || exit 1
        take_environment "$name"
        case $name in
            app-*) program=FCGIApp ;;
            worker) program=EventWorker ;;
            *) exit 2 ;;
        esac
        as_user "$APP_USER" "$BIN_DIR/$program"
        ;;
esac
