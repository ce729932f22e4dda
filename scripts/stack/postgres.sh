# The private PostgreSQL cluster: made once, durable, reachable over a unix socket alone. Sourced by stack.sh.

# Runs a command as the user that owns the cluster.
as_postgres() {
    if [ -n "$POSTGRES_USER" ]; then
        (cd / && setpriv --reuid="$POSTGRES_USER" --regid="$POSTGRES_USER" --clear-groups env -i \
            PATH="$POSTGRES_BIN:/usr/bin:/bin" "$@")
    else
        env -i PATH="$POSTGRES_BIN:/usr/bin:/bin" "$@"
    fi
}

# Sets POSTGRES_BIN to the version that made the cluster, or the newest one for a new cluster.
locate_postgres() {
    if [ -f "$POSTGRES_DATA/PG_VERSION" ]; then
        POSTGRES_BIN=/usr/lib/postgresql/$(cat "$POSTGRES_DATA/PG_VERSION")/bin
        [ -x "$POSTGRES_BIN/postgres" ] ||
            fail "the cluster in $POSTGRES_DATA needs PostgreSQL $(cat "$POSTGRES_DATA/PG_VERSION")"
    else
        POSTGRES_BIN=$(newest_postgres)
    fi
}

# Makes the cluster when there is none. A cluster that was interrupted while being made is made anew.
make_cluster() {
    [ ! -f "$POSTGRES_DATA/PG_VERSION" ] || return 0
    local fresh=$POSTGRES_DATA.new
    say "Creating the private PostgreSQL cluster in $POSTGRES_DATA"
    rm -rf "$fresh"
    directory 0700 "${POSTGRES_USER:+$POSTGRES_USER:$POSTGRES_USER}" "$fresh"
    local log=$STATE_DIR/log/initdb.log
    (umask 077 && : >"$log")
    as_postgres initdb --pgdata="$fresh" --username=postgres --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
        --auth-local=peer --auth-host=reject >>"$log" 2>&1 || {
        tail -n 10 "$log" >&2
        fail "initdb failed"
    }
    # The passwords travel over standard input: command lines can be read by anyone.
    as_postgres postgres --single -j -D "$fresh" postgres >>"$log" 2>&1 <<SQL
ALTER ROLE postgres PASSWORD '$(cat "$SECRETS_DIR/database-superuser-password")';

CREATE ROLE saas LOGIN CREATEDB PASSWORD '$(cat "$SECRETS_DIR/database-password")';

SQL
    if grep -Eq 'ERROR|FATAL' "$log"; then fail "creating the database role failed: see $log"; fi
    replace "$fresh/pg_hba.conf" <<HBA
# The unix socket is the only way in, with a password for everyone (STATE_DIR/secrets).
local all all scram-sha-256
HBA
    if [ -n "$POSTGRES_USER" ]; then chown "$POSTGRES_USER:$POSTGRES_USER" "$fresh/pg_hba.conf"; fi
    echo "include_if_exists = 'stack.conf'" >>"$fresh/postgresql.conf"
    mv "$fresh" "$POSTGRES_DATA"
}

# Writes the settings that the stack decides; the running server is told to read them.
configure_cluster() {
    local file=$POSTGRES_DATA/stack.conf
    cat >"$file.new" <<CONF
# Written by the stack at each start; your own settings belong in postgresql.conf, after the include.
listen_addresses = ''
unix_socket_directories = '$RUN_DIR/postgres'
# The programs' share, three that PostgreSQL keeps for superusers, and one for a look by hand.
max_connections = $((DATABASE_MAX_CONNECTIONS + 4))
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 8MB
maintenance_work_mem = 64MB
random_page_cost = 1.1
jit = off
wal_compression = on
checkpoint_completion_target = 0.9
# A checkpoint syncs each file that has changed since the one before, and a new tenant's database has 370 files: this many
# bytes of log are 75 new tenants, so that a stop or a recovery takes seconds after a thousand of them.
max_wal_size = 256MB
checkpoint_timeout = 5min
# Off in tests, which kill processes but no machines: what was written stays in the system's memory.
fsync = ${POSTGRES_FSYNC:-on}
# One call instead of opening each file of each tenant's database.
recovery_init_sync_method = syncfs
password_encryption = 'scram-sha-256'
client_connection_check_interval = 2s
idle_in_transaction_session_timeout = 60s
log_timezone = 'UTC'
timezone = 'UTC'
log_line_prefix = '%m [%p] %d '
log_min_duration_statement = 1s
log_lock_waits = on
# Emails and file names stand in the details of errors and in parameters, and have no place in a log.
log_error_verbosity = terse
log_parameter_max_length = 0
CONF
    if [ -n "$POSTGRES_USER" ]; then chown "$POSTGRES_USER:$POSTGRES_USER" "$file.new"; fi
    chmod 0600 "$file.new"
    if cmp -s "$file.new" "$file"; then
        rm "$file.new"
    else
        mv "$file.new" "$file"
        local pid
        pid=$(program_pid postgres || true)
        if [ -n "$pid" ]; then kill -HUP "$pid"; fi
    fi
}

# The verifier that PostgreSQL stores for a password (RFC 5803), made of one round of hashing instead of 4,096: rounds make
# guessable passwords dear to guess, and 256 random bits are none; but each new connection pays for them with 3 ms of
# processor, and a fleet of tenants makes many. Usage: scram_verifier FILE_OF_THE_PASSWORD
scram_verifier() {
    python3 - "$1" <<'PYTHON'
import base64, hashlib, hmac, os, sys

ROUNDS = 1
with open(sys.argv[1], encoding="ascii") as file:
    password = file.read().strip().encode()
salt = os.urandom(16)
key = hashlib.pbkdf2_hmac("sha256", password, salt, ROUNDS)
stored = hashlib.sha256(hmac.digest(key, b"Client Key", "sha256")).digest()
server = hmac.digest(key, b"Server Key", "sha256")
salt, stored, server = (base64.b64encode(part).decode() for part in (salt, stored, server))
print(f"SCRAM-SHA-256${ROUNDS}:{salt}${stored}:{server}")
PYTHON
}

# Makes the roles that the programs connect as, or gives them their passwords again. `saas` owns every database and every
# table (saasctl); `saas_app` reads and writes rows and owns nothing (see the migrations named roles); `saas_worker` is a
# member of both: it works as the application, and makes and drops tenants' databases as the owner (`WorkerRole`).
# Verifiers travel over standard input, passwords not at all.
make_roles() {
    local owner app worker
    owner=$(scram_verifier "$SECRETS_DIR/database-password")
    app=$(scram_verifier "$SECRETS_DIR/database-app-password")
    worker=$(scram_verifier "$SECRETS_DIR/database-worker-password")
    PGPASSWORD=$(cat "$SECRETS_DIR/database-superuser-password") "$POSTGRES_BIN/psql" -XAtq -v ON_ERROR_STOP=1 \
        -h "$RUN_DIR/postgres" -U postgres -d postgres <<SQL
SET client_min_messages = warning;
SELECT 'CREATE ROLE saas_app' WHERE to_regrole('saas_app') IS NULL \gexec
SELECT 'CREATE ROLE saas_worker' WHERE to_regrole('saas_worker') IS NULL \gexec
ALTER ROLE saas PASSWORD '$owner';
ALTER ROLE saas_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '$app';
ALTER ROLE saas_worker LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '$worker';
GRANT saas, saas_app TO saas_worker;
ALTER ROLE saas_worker SET role = 'saas';
-- To drop a tenant's database while a program is still connected to it, and to see what the programs are at.
GRANT pg_signal_backend, pg_read_all_stats TO saas;
REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;
-- From where the main database is made.
GRANT CONNECT ON DATABASE postgres TO saas;
SQL
}

# Waits until the server takes connections. Usage: await_postgres SECONDS
await_postgres() {
    local deadline=$((SECONDS + $1))
    until "$POSTGRES_BIN/pg_isready" -q -h "$RUN_DIR/postgres"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.2
    done
}
