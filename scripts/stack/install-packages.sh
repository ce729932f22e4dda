#!/usr/bin/env bash
# Installs Debian packages without letting them start services of their own. Needs root.
#
# nginx, postgresql, redis-server, prometheus, supervisor and clamav start a system service when they are installed. The
# stack has its own instances, or none, and leaves the system's alone: those that are there already stay as they are, and
# new ones are neither started
# now nor at the next boot.
set -euo pipefail

policy=/usr/sbin/policy-rc.d
made_policy=
new_services=()
for service in nginx postgresql redis-server prometheus supervisor clamav-daemon clamav-freshclam; do
    for package in "$@"; do
        # clamav-daemon brings clamav-freshclam, which would fetch databases.
        if [ "$package" = "$service" ] || [ "$package,$service" = clamav-daemon,clamav-freshclam ]; then new_services+=("$service"); fi
    done
done

cleanup() {
    if [ -n "$made_policy" ]; then rm -f "$policy"; fi
}
trap cleanup EXIT

# invoke-rc.d asks this file; 101 means "action forbidden". An administrator's own policy stays in force.
if [ ! -e "$policy" ] && [ ${#new_services[@]} -gt 0 ]; then
    made_policy=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 0755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
echo "Installing packages: $*"
log=$(mktemp)
if ! { apt-get update -q && apt-get install -y -q --no-install-recommends "$@"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    echo "installing packages failed: $*" >&2
    exit 1
fi
rm -f "$log"

for service in "${new_services[@]}"; do
    if [ -d /run/systemd/system ]; then systemctl disable "$service" >/dev/null 2>&1 || true; fi
done
