#!/usr/bin/env bash
# Proves the units without a host to spare: a clean Debian root is booted with its own systemd in a container
# (systemd-nspawn), gets PostgreSQL and `make install`, starts saas-documents.target, and is then restarted by
# saas-documents-restart under load (Benchmarks/restart_bench.py), each program twice.
#
#   scripts/systemd-proof.sh     as root; needs debootstrap and systemd-container; BIN_DIR takes programs built before
#
# The container has no network but its own. ROOT_DIR=<directory> keeps the root for the next run, else it is removed.
# Prints what the load saw; ends with 0 only when no answer was other than 2xx.
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
suite=bookworm
place=$(mktemp -d "${TMPDIR:-/tmp}/systemd-proof.XXXXXX")
root=${ROOT_DIR:-$place/root}

fail() {
    echo "systemd-proof: $1" >&2
    exit 1
}
[ "$(id -u)" = 0 ] || fail "debootstrap and systemd-nspawn need root"
command -v debootstrap >/dev/null || fail "debootstrap is missing: apt install debootstrap"
command -v systemd-nspawn >/dev/null || fail "systemd-nspawn is missing: apt install systemd-container"
trap 'rm -rf --one-file-system "$place"' EXIT

# The first mirror of Debian itself in apt's sources, of either format.
# shellcheck disable=SC2016  # apt fills these in
mirror() {
    apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' |
        awk -v suite="$suite" '$2 == suite { print $1; exit }'
}

if [ ! -e "$root/sbin/init" ]; then
    packages=$(cat "$checkout"/docker/packages/{app,sidecar,worker,saasctl,nginx}.txt | sort -u | paste -sd,)
    debootstrap --variant=minbase --include="systemd,systemd-sysv,dbus,postgresql,openssl,python3,$packages" \
        "$suite" "$root" "$(mirror)" >"$place/log" 2>&1 || {
        tail -n 5 "$place/log" >&2
        fail "debootstrap failed"
    }
fi
DESTDIR=$root "$checkout/scripts/install.sh"
mkdir -p "$root/proof/Benchmarks"
cp "$checkout"/Benchmarks/{benchstack,restart_bench}.py "$root/proof/Benchmarks/"
# nginx has a unit of our own.
ln -sf /dev/null "$root/etc/systemd/system/nginx.service"
cat >"$root/etc/saas-documents/environment" <<'SETTINGS'
APP_ENV=testing
PORT=4999
PUBLIC_BASE_URL=http://localhost:4999
FCGI_WORKERS=2
FCGI_THREADS=16
OBJECT_DIR=/var/lib/saas-documents/objects
DATABASE_MAX_CONNECTIONS=90
RATE_LIMIT_PER_HOUR=0
ADDRESS_REQUESTS_PER_SECOND=0
ADDRESS_MAX_CONNECTIONS=0
JWT_ACCESS_TOKEN_EXPIRES=86400
SETTINGS
# What docs/operations.md asks an operator to do, then the load.
cat >"$root/proof/run.sh" <<'RUN'
#!/bin/bash
set -euo pipefail
password=$(openssl rand -hex 16)
cd /
for try in {1..50}; do pg_isready -q && break || sleep 0.5; done
setpriv --reuid=postgres --regid=postgres --init-groups psql -qAt <<SQL
SELECT 'CREATE ROLE saas' WHERE to_regrole('saas') IS NULL \gexec
ALTER ROLE saas LOGIN CREATEDB PASSWORD '$password';
SQL
{
    echo "DATABASE_URL=postgresql://saas:$password@localhost:5432/saas_main"
    echo "TENANT_DATABASE_URL_TEMPLATE=postgresql://saas:$password@localhost:5432/{database_name}"
    echo "JWT_SECRET_KEY=$(openssl rand -hex 32)"
} >/etc/saas-documents/secrets
systemd-sysusers
systemd-tmpfiles --create
cd /etc/saas-documents
(umask 077 && openssl genpkey -algorithm ed25519 -out grant-private.pem)
openssl pkey -in grant-private.pem -pubout >grant-public.pem
chmod 644 grant-public.pem
systemctl daemon-reload
systemctl start saas-documents.target
for try in {1..100}; do
    [ "$(curl -s -o /dev/null -w '%{http_code}' http://localhost:4999/health/ready)" = 200 ] && break || sleep 0.5
done
units() { systemctl list-units --plain --no-legend 'saas-documents-*.service' | awk '{ print "    " $1, $3, $4 }'; }
echo "the units at the start:"
units
python3 /proof/Benchmarks/restart_bench.py --port 4999 --rounds 2 --readers 2 --uploaders 2 --command saas-documents-restart
sleep 3
echo "the units at the end:"
units
RUN
chmod 755 "$root/proof/run.sh"
cat >"$root/etc/systemd/system/proof.service" <<'UNIT'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/bash -c 'if /proof/run.sh >/proof/log 2>&1; then echo 0 >/proof/code; else echo 1 >/proof/code; journalctl --no-pager -n 80 >/proof/journal; fi'
ExecStopPost=/bin/systemctl --no-block poweroff
TimeoutStartSec=10min
UNIT
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf ../proof.service "$root/etc/systemd/system/multi-user.target.wants/proof.service"
sed -i 's/^After=.*/After=postgresql.service/' "$root/etc/systemd/system/proof.service"
rm -f "$root"/proof/{code,log,journal}
timeout 900 systemd-nspawn --quiet --directory="$root" --boot --register=no --keep-unit --private-network \
    --link-journal=no --machine="saas-proof-$$" </dev/null >"$place/boot.log" 2>&1 || true
[ -e "$root/proof/code" ] || {
    tail -n 20 "$place/boot.log" >&2
    fail "the container did not come to its end"
}
cat "$root/proof/log"
[ "$(cat "$root/proof/code")" = 0 ] || {
    tail -n 40 "$root/proof/journal" >&2 || true
    fail "it did not go as it should"
}
echo "systemd-proof: done"
