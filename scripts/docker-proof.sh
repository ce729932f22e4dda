#!/usr/bin/env bash
# Proves the Dockerfile without Docker: in clean Debian roots made by debootstrap it runs the very scripts and package
# lists that docker/Dockerfile runs, stage by stage. The build stage's image (the official Swift image) is stood in for
# by a clean root with this machine's toolchain and that image's own packages; the runtime stages start from nothing.
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

# A clean root, named; apt in it has this machine's sources and settings.
make_root() {
    local root=$place/$1
    cp -a "$place/base" "$root"
    mount -t proc proc "$root/proc"
    mount --bind /dev "$root/dev"
    mkdir -p "$root/opt/docker"
    cp "$checkout"/docker/*.sh "$root/opt/docker/"
    cp -R "$checkout/docker/packages" "$root/opt/docker/packages"
}
inside() {
    local root=$place/$1
    shift
    env -i PATH=/opt/swift/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        ${SSL_CERT_FILE:+SSL_CERT_FILE="$SSL_CERT_FILE"} chroot "$root" "$@"
}
step() { printf '%-58s' "$1"; }
done_in() { echo "ok  $((SECONDS - $1)) s"; }

begun=$SECONDS
step "a clean $suite root"
debootstrap --variant=minbase --include=ca-certificates "$suite" "$place/base" "$(mirror)" >"$place/log" 2>&1 || {
    tail -n 5 "$place/log" >&2
    fail "debootstrap failed"
}
rm -rf "$place/base/etc/apt"
cp -a /etc/apt "$place/base/etc/apt"
if [ -d /usr/local/share/ca-certificates ]; then cp -a /usr/local/share/ca-certificates/. "$place/base/usr/local/share/ca-certificates/"; fi
cp -a /etc/ssl/certs/. "$place/base/etc/ssl/certs/"
cp -L /etc/resolv.conf /etc/hosts "$place/base/etc/" 2>/dev/null || true
done_in $begun

programs=$place/programs
mkdir "$programs"
if [ "${1:-}" = --no-build ]; then
    cp "${BIN_DIR:?names the directory of built programs}"/{FCGIApp,UploadSidecar,EventWorker,saasctl} "$programs/"
else
    toolchain=$(dirname "$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")")
    make_root build
    begun=$SECONDS
    step "what the Swift image holds"
    printf '%s\n' binutils gnupg2 git unzip tzdata libc6-dev libcurl4-openssl-dev libedit2 libgcc-12-dev libpython3-dev \
        libsqlite3-0 libstdc++-12-dev libxml2-dev libncurses-dev libz3-dev pkg-config zlib1g-dev >"$place/build/opt/swift-image.txt"
    inside build /opt/docker/install-packages.sh /opt/swift-image.txt >"$place/log" 2>&1 || { tail "$place/log" >&2; fail "packages"; }
    mkdir -p "$place/build/opt/swift"
    mount --bind -o ro "$toolchain" "$place/build/opt/swift"
    done_in $begun
    begun=$SECONDS
    step "build: packages"
    inside build /opt/docker/install-packages.sh /opt/docker/packages/build.txt >"$place/log" 2>&1 || { tail "$place/log" >&2; fail "packages"; }
    done_in $begun
    begun=$SECONDS
    step "build: docker/build-programs.sh"
    mkdir "$place/build/src"
    cp -R "$checkout"/{Package.swift,Sources,Tests,Benchmarks} "$place/build/src/"
    inside build sh -c 'cd /src && /opt/docker/build-programs.sh /out' >"$place/log" 2>&1 || { tail -n 20 "$place/log" >&2; fail "the build"; }
    cp "$place"/build/out/* "$programs/"
    done_in $begun
    unmount
    rm -rf --one-file-system "$place/build"
fi

for stage in app:FCGIApp sidecar:UploadSidecar worker:EventWorker saasctl:saasctl; do
    name=${stage%:*} program=${stage#*:}
    begun=$SECONDS
    step "$name: packages, libraries of $program, start"
    make_root "$name"
    inside "$name" /opt/docker/install-packages.sh "/opt/docker/packages/$name.txt" >"$place/log" 2>&1 || { tail "$place/log" >&2; fail "$name: packages"; }
    install -m 0755 "$programs/$program" "$place/$name/usr/local/bin/$program"
    inside "$name" /opt/docker/check-libraries.sh "/usr/local/bin/$program" || fail "$name: libraries"
    # It loads, reads its settings, and says in a sentence what is missing.
    output=$(inside "$name" timeout 20 setpriv --reuid=10001 --regid=10001 --clear-groups "/usr/local/bin/$program" 2>&1) && code=0 || code=$?
    if [ "$code" -ge 124 ] || [ -z "$output" ]; then fail "$name: $program did not start (exit code $code): $output"; fi
    if [ -e "$place/$name/opt/docker/healthcheck.sh" ] && [[ $name == app || $name == sidecar ]]; then
        inside "$name" sh -c 'command -v cgi-fcgi >/dev/null' || fail "$name: the health check lacks cgi-fcgi"
    fi
    done_in $begun
    unmount
    size=$(du -sm --one-file-system "$place/$name" | cut -f1)
    echo "    $size MB in all, $(($(stat -c %s "$programs/$program") / 1000000)) MB of them the program"
    rm -rf --one-file-system "${place:?}/$name"
done

begun=$SECONDS
step "nginx: packages, configuration"
make_root nginx
inside nginx /opt/docker/install-packages.sh /opt/docker/packages/nginx.txt >"$place/log" 2>&1 || { tail "$place/log" >&2; fail "nginx: packages"; }
mkdir -p "$place/nginx/srv/saas/scripts" "$place/nginx/run/saas"
cp -R "$checkout/nginx" "$place/nginx/srv/saas/nginx"
cp "$checkout/scripts/render-nginx.sh" "$place/nginx/srv/saas/scripts/"
# The entry point's own steps but the last, which would not end.
sed 's/^exec nginx.*/true/' "$checkout/docker/nginx-entrypoint.sh" >"$place/nginx/usr/local/bin/nginx-entrypoint"
inside nginx env PORT=4999 FCGI_WORKERS=2 sh /usr/local/bin/nginx-entrypoint || fail "nginx: the configuration"
done_in $begun
echo "docker-proof: every stage's steps ran"
