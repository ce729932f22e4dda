#!/usr/bin/env bash
# Proves docker/Dockerfile without Docker: in clean Debian roots made by debootstrap its own instructions are carried out,
# stage by stage, and what an image starts is started (scripts/docker_stages.py). The build stage's image (the official
# Swift image) is stood in for by a clean root with this machine's toolchain and that image's own packages.
#
#   scripts/docker-proof.sh [--no-build]     as root; needs debootstrap. --no-build takes programs from BIN_DIR.
#
# The mirror is the one that apt's own sources name. The roots are removed at the end.
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
place=$(mktemp -d "${TMPDIR:-/tmp}/docker-proof.XXXXXX")
suite=bookworm

fail() {
    echo "docker-proof: $1" >&2
    exit 1
}
[ "$(id -u)" = 0 ] || fail "debootstrap and chroot need root"
command -v debootstrap >/dev/null || fail "debootstrap is missing: apt install debootstrap"

# Everything that is mounted below the place, the deepest first; lazily, since what was interrupted may still use it.
unmount() { awk -v place="$place/" 'index($2, place) == 1 { print $2 }' /proc/self/mounts | sort -r | xargs -r -n 1 umount --lazy; }
cleanup() {
    unmount
    rm -rf --one-file-system "$place"
}
trap cleanup EXIT

# The first mirror of Debian itself in apt's sources, of either format.
# shellcheck disable=SC2016  # apt fills these in
mirror() {
    apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' |
        awk -v suite="$suite" '$2 == suite { print $1; exit }'
}

begun=$SECONDS
echo -n "a clean $suite root: "
debootstrap --variant=minbase --include=ca-certificates "$suite" "$place/base" "$(mirror)" >"$place/log" 2>&1 || {
    tail -n 5 "$place/log" >&2
    fail "debootstrap failed"
}
rm -rf "$place/base/etc/apt"
cp -a /etc/apt "$place/base/etc/apt"
if [ -d /usr/local/share/ca-certificates ]; then cp -a /usr/local/share/ca-certificates/. "$place/base/usr/local/share/ca-certificates/"; fi
cp -a /etc/ssl/certs/. "$place/base/etc/ssl/certs/"
cp -L /etc/resolv.conf /etc/hosts "$place/base/etc/" 2>/dev/null || true
echo "$((SECONDS - begun)) s"
# The way to the package index of Python, where this machine has one of its own.
if [ -e /etc/pip.conf ]; then cp -L /etc/pip.conf "$place/base/etc/"; fi

if [ "${1:-}" = --no-build ]; then
    "$checkout/scripts/docker_stages.py" "$place" --programs "${BIN_DIR:?names the directory of built programs}"
else
    "$checkout/scripts/docker_stages.py" "$place"
fi
