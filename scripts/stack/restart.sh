# Restarting without a failed request: one program after the other, each only when the one before is ready again. Sourced
# by stack.sh; needs its functions and $programs.
#
# The order follows who calls whom: the application first (it knows the former sidecar's calls), then the sidecar, then
# the event worker, and nginx at the end, whose former workers live until their last request has ended.

# How long a program may take to be ready again; then the rest is left as it is.
ready_seconds=${RESTART_READY_SECONDS:-60}

# A fingerprint of what a program is started from.
version_of() {
    local files=("$SUPERVISOR_DIR/env/$1.sh")
    case $1 in
        app-*) files+=("$STATE_DIR/bin/FCGIApp") ;;
        sidecar) files+=("$STATE_DIR/bin/UploadSidecar") ;;
        worker) files+=("$STATE_DIR/bin/EventWorker") ;;
    esac
    cat "${files[@]}" | sha256sum
}

# Remembers what the programs were started from.
record_versions() {
    local name
    for name in "${programs[@]}"; do
        case $name in
            app-* | sidecar | worker) version_of "$name" >"$SUPERVISOR_DIR/versions/$name" ;;
        esac
    done
}

# Tells the supervisor what programs there are now. Those that it knows and that are to be started otherwise wait for
# their turn, lest it stops all of them at once.
update_supervisor() {
    local name change
    while IFS=': ' read -r name change; do
        case $name:$change in
            app-*:changed | sidecar:changed | worker:changed) ;;
            *:available | *:changed | *:disappeared) supervisor update "$name" >/dev/null ;;
        esac
    done < <(supervisor reread)
}

# Restarts the Swift programs, and with `all` has nginx read its configuration again. Usage: restart_programs changed|all
restart_programs() {
    local name
    for name in "${programs[@]}"; do
        case $name in
            app-* | sidecar | worker) ;;
            *) continue ;;
        esac
        if [ "$1" = changed ] && version_of "$name" | cmp -s - "$SUPERVISOR_DIR/versions/$name"; then continue; fi
        # One that is new was started by the supervisor just now.
        if [ "$1" = all ] || [ -f "$SUPERVISOR_DIR/versions/$name" ]; then
            # One that does not come up is tried again by the next `up`.
            echo unfinished >"$SUPERVISOR_DIR/versions/$name"
            replace_program "$name"
        fi
        version_of "$name" >"$SUPERVISOR_DIR/versions/$name"
    done
    if [ "$1" = all ]; then reload_nginx; fi
}

# Restarts one program and waits until it is ready.
replace_program() {
    local name=$1 begun=$SECONDS stand_in=''
    # Alone, an application process has nobody who serves meanwhile.
    if [ "$name" = app-0 ] && [ "$FCGI_WORKERS" = 1 ]; then start_stand_in; fi
    local before
    before=$(identity "$name")
    # What its supervisor is told of it may have changed too; then this stops and starts it already.
    if [ -z "$(supervisor update "$name")" ]; then supervisor restart "$name" >/dev/null; fi
    until is_ready "$name" "$before"; do
        if ((SECONDS - begun >= ready_seconds)); then
            tail -n 8 "$STATE_DIR/log/$name.log" | sed "s/^/  $name: /" >&2
            fail "$name is not ready after $ready_seconds seconds; the programs after it were left as they are and go on"
        fi
        sleep 0.2
    done
    if [ -n "$stand_in" ]; then end_stand_in; fi
    say "Restarted $name ($((SECONDS - begun)) s)"
}

# What differs from one start of a program to the next: its process, and its socket.
identity() { echo "$(program_pid "$1" || echo -):$(birth_of "$(socket_of "$1")")"; }

# A socket's inode and when it got its path: the number alone is given again once it is free.
birth_of() { stat -c '%i %z' "$1" 2>/dev/null || true; }

socket_of() {
    case $1 in
        app-*) echo "$RUN_DIR/$1.sock" ;;
        sidecar) echo "$RUN_DIR/upload.sock" ;;
        *) echo /nonexistent ;;
    esac
}

# Whether a program is another than the one before and does its work. Usage: is_ready NAME IDENTITY
is_ready() {
    local now pid
    now=$(identity "$1")
    # Another process, and another socket.
    [ "${now%%:*}" != - ] && [ "${now%%:*}" != "${2%%:*}" ] || return 1
    case $1 in
        app-*) [ "${now#*:}" != "${2#*:}" ] && app_is_ready "$(socket_of "$1")" ;;
        sidecar) [ "${now#*:}" != "${2#*:}" ] && socket_accepts "$(socket_of "$1")" ;;
        worker)
            # It has no door to knock at: settings that it cannot work with end it at once.
            pid=${now%%:*}
            [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = EventWorker ] && sleep 1 && [ -d "/proc/$pid" ]
            ;;
    esac
}

app_is_ready() { "$checkout/scripts/app-ready.sh" "$1"; }

# A second process on the socket of the only application process. It takes the path over as any successor does.
start_stand_in() {
    local socket=$RUN_DIR/app-0.sock before deadline=$((SECONDS + ready_seconds))
    before=$(birth_of "$socket")
    directory 0755 "" "$STATE_DIR/cwd/stand-in"
    env -i setsid bash "$SUPERVISOR_DIR/start-program.sh" stand-in </dev/null >/dev/null 2>&1 9>&- &
    stand_in=$!
    until [ "$(birth_of "$socket")" != "$before" ] && app_is_ready "$socket"; do
        if ((SECONDS >= deadline)) || ! [ -d "/proc/$stand_in" ]; then
            end_stand_in
            tail -n 8 "$STATE_DIR/log/app-0.log" | sed "s/^/  app-0: /" >&2
            fail "a second application process is not ready after $ready_seconds seconds; nothing was restarted"
        fi
        sleep 0.2
    done
}

# Lets the stand-in finish what it has begun.
end_stand_in() {
    kill -TERM "$stand_in" 2>/dev/null || true
    wait "$stand_in" || true
}

# Has nginx read its configuration again and waits for the first of its new workers.
reload_nginx() {
    local pid before after deadline=$((SECONDS + 10))
    pid=$(program_pid nginx) || fail "nginx does not run"
    before=$(nginx_workers "$pid")
    kill -HUP "$pid"
    while :; do
        for after in $(nginx_workers "$pid"); do
            if ! grep -qw "$after" <<<"$before"; then
                say "Reloaded nginx"
                return
            fi
        done
        ((SECONDS < deadline)) || break
        sleep 0.1
    done
    tail -n 5 "$STATE_DIR/log/nginx-error.log" >&2
    fail "nginx did not take its configuration; it goes on with the former one"
}

nginx_workers() { cat "/proc/$1/task/$1/children" 2>/dev/null || true; }
