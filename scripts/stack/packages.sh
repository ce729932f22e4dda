# Finds what is missing on this machine and installs it. Sourced by stack.sh and ci.sh.

# Prints the Debian packages that are needed and not installed, on one line.
# Usage: missing_packages [--no-build]   (--no-build: the programs are there already)
missing_packages() {
    local -a missing=()
    command -v nginx >/dev/null || missing+=(nginx)
    command -v supervisord >/dev/null || missing+=(supervisor)
    if [ -z "${DATABASE_URL:-}" ] && [ -z "$(newest_postgres)" ]; then missing+=(postgresql); fi
    # The event worker looks at PDFs and images with them.
    command -v pdfinfo >/dev/null || missing+=(poppler-utils)
    command -v file >/dev/null || missing+=(file)
    # saasctl's exports and imports.
    command -v pg_dump >/dev/null || missing+=(postgresql-client)
    # Asks an application process whether it is ready.
    command -v cgi-fcgi >/dev/null || missing+=(libfcgi-bin)
    local tool
    for tool in curl jq openssl python3; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    # Fetches the assets of Swagger UI, and makes the tests' environment.
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
    if [ "${1:-}" != --no-build ]; then
        command -v pkg-config >/dev/null || missing+=(pkg-config)
        for tool in libfcgi-dev libpq-dev librdkafka-dev libcurl4-openssl-dev libssl-dev libmagic-dev libcrypt-dev \
            libhiredis-dev libarchive-dev; do
            [ "$(dpkg-query -W -f='${db:Status-Status}' "$tool" 2>/dev/null)" = installed ] || missing+=("$tool")
        done
    fi
    echo "${missing[*]:-}"
}

# Installs the packages named, as root or by sudo; without either, prints the one line to run and fails.
install_packages() {
    local installer
    installer="$(dirname "${BASH_SOURCE[0]}")/install-packages.sh"
    if [ "$(id -u)" = 0 ]; then
        bash "$installer" "$@"
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        sudo bash "$installer" "$@"
    else
        fail "packages are missing; run: sudo apt-get install --no-install-recommends $*"
    fi
}

# The bin directory of the newest PostgreSQL that is installed; empty when there is none.
newest_postgres() {
    local bin
    for bin in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -Vr); do
        if [ -x "$bin/postgres" ]; then
            echo "$bin"
            return
        fi
    done
}
