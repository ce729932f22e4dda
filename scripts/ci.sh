#!/usr/bin/env bash
# Everything that must hold before a change is taken in: build, lint, layers, unit and database tests, the nginx
# configuration, and the product end to end. Prints one line a part; full outputs are in .build/test-logs. The last line
# is "N passed, M failed" over all parts; the exit code is 0 only when nothing failed.
#
#   scripts/ci.sh          everything, at the size of one change
#   scripts/ci.sh full     the same with TEST_FULL=1, for suites that have long runs
set -uo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$checkout" || exit 1
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
logs=$checkout/.build/test-logs
passed=0 failed=0
if [ "${1:-}" = full ]; then export TEST_FULL=1; fi
rm -rf "$logs"
mkdir -p "$logs"

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
    exit
}

# Runs one part: counts what it reports, shows the end of its output when it failed.
# Usage: part NAME COUNTER COMMAND...   (COUNTER sets $part_passed and $part_failed from the log file)
part() {
    local name=$1 counter=$2 log=$logs/$1.log begun=$SECONDS code
    shift 2
    "$@" >"$log" 2>&1 </dev/null
    code=$?
    part_passed=0 part_failed=0
    "$counter" "$log"
    # A part that failed without naming a failed test has failed as one.
    if [ $code != 0 ] && [ "$part_failed" = 0 ]; then part_failed=1; fi
    if [ $code = 0 ] && [ "$part_passed" = 0 ]; then part_passed=1; fi
    passed=$((passed + part_passed)) failed=$((failed + part_failed))
    printf '%-9s %5d passed %5d failed  %4d s\n' "$name" "$part_passed" "$part_failed" $((SECONDS - begun))
    if [ "$part_failed" != 0 ]; then
        {
            grep -E '✘|FAILED|error:|^E  ' "$log" | head -n 40
            echo "... the end of .build/test-logs/$name.log:"
            tail -n 25 "$log"
        } | cut -c1-300 | sed 's/^/    /'
        return 1
    fi
}

count_one() { :; }

# "12 passed, 1 failed" and pytest's "1 failed, 12 passed, 2 errors in 3.4s": the last such line counts.
count_summary() {
    local line
    line=$(grep -E '[0-9]+ (passed|failed|error)' "$1" | tail -n 1)
    part_passed=$(grep -oE '[0-9]+ passed' <<<"$line" | grep -oE '[0-9]+')
    part_failed=$(grep -oE '[0-9]+ (failed|errors?)' <<<"$line" | grep -oE '[0-9]+' | awk "{ sum += \$1 } END { print sum + 0 }")
    part_passed=${part_passed:-0} part_failed=${part_failed:-0}
}

# Swift Testing: "Test run with 120 tests in 14 suites passed after …", one "✘ Test name() failed" for each failure.
count_swift_tests() {
    local total
    total=$(grep -oE 'Test run with [0-9]+ tests?' "$1" | grep -oE '[0-9]+' | awk "{ sum += \$1 } END { print sum + 0 }")
    part_failed=$(grep -E ' Test [^ ]+.* failed after' "$1" | grep -vc ' Test run with ')
    part_passed=$((${total:-0} - part_failed))
    if [ "$part_passed" -lt 0 ]; then part_passed=0; fi
}

install_dependencies() {
    scripts/stack.sh deps || return
    local -a missing=()
    # The outside Kafka client of the tests.
    command -v kcat >/dev/null || missing+=(kcat)
    # The limits are tested on a real server.
    command -v redis-server >/dev/null || missing+=(redis-server)
    # The virus scanner; its database is a test's own.
    command -v clamd >/dev/null || missing+=(clamav-daemon)
    # The browser that looks at the pages, with a font; the judge of the units.
    command -v chromium >/dev/null || missing+=(chromium fonts-dejavu-core)
    # The judge of metrics, alerts and the scrape configuration.
    command -v promtool >/dev/null || missing+=(prometheus)
    command -v systemd-analyze >/dev/null || missing+=(systemd)
    command -v shellcheck >/dev/null || missing+=(shellcheck)
    [ ${#missing[@]} = 0 ] || {
        # shellcheck disable=SC2329
        fail() { echo "error: $1" >&2; exit 1; }
        source scripts/stack/packages.sh
        (install_packages "${missing[@]}")
    }
}

# The configuration as a stack renders it is valid, and settings that would open a hole are refused.
check_nginx() {
    local place=$logs/nginx passed=0 failed=0 name
    export PORT=49999 STATE_DIR=$place RUN_DIR=$place/run FCGI_WORKERS=2
    mkdir -p "$place/run" "$place/log" "$place/nginx-temp" "$place/cwd/nginx"
    check() {
        name=$1
        shift
        if "$@"; then
            passed=$((passed + 1))
            echo "ok      $name"
        else
            failed=$((failed + 1))
            echo "FAILED  $name"
        fi
    }
    is_valid() { env "$@" scripts/render-nginx.sh "$place/nginx" && nginx -t -q -c "$place/nginx/nginx.conf"; }
    is_refused() { ! env "$@" scripts/render-nginx.sh "$place/nginx" 2>/dev/null; }
    check "the defaults are valid" is_valid
    check "a directory store is valid" is_valid OBJECT_DIR="$place/objects"
    check "origins, proxies and limits are valid" is_valid CORS_ORIGINS="https://a.example, http://[::1]:3000" \
        CORS_SUPPORTS_CREDENTIALS=true TRUSTED_PROXIES="10.0.0.0/8, ::1" MAX_UPLOAD_BYTES=5
    check "no limits by address are valid" is_valid ADDRESS_REQUESTS_PER_SECOND=0 ADDRESS_MAX_CONNECTIONS=0
    check "a limit by address that is no number is refused" is_refused ADDRESS_REQUESTS_PER_SECOND="5;"
    check "credentials for every origin are refused" is_refused CORS_ORIGINS="*" CORS_SUPPORTS_CREDENTIALS=true
    check "an origin that is none is refused" is_refused CORS_ORIGINS='https://a.example";'
    check "a proxy that is no address is refused" is_refused TRUSTED_PROXIES="everyone"
    check "one address or none for the metrics is valid" is_valid METRICS_ALLOW=10.1.2.3
    check "an address for the metrics that is none is refused" is_refused METRICS_ALLOW="all"
    check "a port that is none is refused" is_refused PORT=99999
    rm -rf "$place"
    echo "$passed passed, $failed failed"
    [ $failed = 0 ]
}

# Compose, Dockerfile, Kubernetes, units, an installation, settings, nginx with TLS, documents and their links.
deployment() {
    BIN_DIR=$(swift build -c release --static-swift-stdlib --show-bin-path) || return
    export BIN_DIR
    (cd Tests/Deployment && "$checkout/.venv/bin/python" -m pytest -q)
}

# The programs that the build made with instruments, under nginx; then the lines that all tests ran, and the floor.
cover() { env -u TEST_FULL scripts/coverage.sh endtoend && scripts/coverage.sh report; }

end_to_end() {
    BIN_DIR=$(swift build -c release --static-swift-stdlib --show-bin-path) || return
    export BIN_DIR
    (cd Tests/EndToEnd && "$checkout/.venv/bin/python" -m pytest -q)
}

part packages count_one install_dependencies || finish
part venv count_one scripts/test-venv.sh || finish
part lint count_one make lint
part build count_one scripts/coverage.sh build || finish
part layers count_summary scripts/layering-test.sh
part swift count_swift_tests scripts/coverage.sh swift
part parsers count_summary env LLVM_PROFILE_FILE="$logs/parsers.profraw" .venv/bin/python -m pytest -q Tests/Differential
part nginx count_summary check_nginx
part release count_one swift build -c release --static-swift-stdlib || finish
part deploy count_summary deployment
part endtoend count_summary end_to_end
part cover count_one cover
grep '^lines run:' "$logs/cover.log"
finish
