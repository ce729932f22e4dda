#!/usr/bin/env bash
# Measures which lines of Sources the tests run: unit and database tests, and the product end to end, with instrumented
# programs under nginx. Prints a line for each target and ends with 1 below the floor.
#
#   scripts/coverage.sh                    all of the following
#   scripts/coverage.sh build              builds programs and tests with instruments (debug)
#   scripts/coverage.sh swift [OPTION…]    unit and database tests; the options are those of `swift test`
#   scripts/coverage.sh endtoend [TEST…]   the end-to-end tests named, else those of `subset` below; all with COVER_FULL=1
#   scripts/coverage.sh report             the table, .build/coverage/lcov.info, and with COVER_HTML=1 pages to look at
#
# A killed process writes no profile, so what runs only before a kill -9 does not count.
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$checkout"
place=$checkout/.build/coverage
profiles=$place/profiles
programs=(FCGIApp UploadSidecar EventWorker saasctl KafkaMock)
# Percent of lines.
floor=${COVER_FLOOR:-80}
# Every route, both stores, both buses: what the unit tests do not reach. No test of this list judges speed or memory:
# the programs are built for debugging.
subset=(test_access_matrix.py test_asyncapi.py test_auth.py test_dedup.py test_documents.py test_events.py)

fail() {
    echo "coverage: $1" >&2
    exit 1
}

# The tools of the toolchain that made the instruments: the formats differ from one release to the next.
tool() {
    local swift
    swift=$(readlink -f "$(command -v swift)")
    if [ -x "$(dirname "$swift")/$1" ]; then echo "$(dirname "$swift")/$1"; else command -v "$1"; fi || fail "there is no $1"
}

build() { swift build --build-tests --enable-code-coverage --explicit-target-dependency-import-check error; }
binaries() { swift build --show-bin-path; }

# A directory of profiles, a file of a few hundred KiB for each process: a process that is killed while it writes spoils
# no other's. The report makes one of them. Usage: make_profiles KIND
make_profiles() {
    mkdir -p "$profiles"
    # The programs of a stack run as another user.
    chmod 1777 "$profiles"
    find "$profiles" -name "$1*" -delete
    export LLVM_PROFILE_FILE="$profiles/$1-%m-%p.profraw"
}

# Without --enable-code-coverage: SwiftPM would merge the profiles too, and fail when one of them is broken off.
swift_tests() {
    local temporary code=0
    make_profiles swift
    # The test runner leaves empty folders where it puts what is temporary.
    temporary=$(mktemp -d)
    TMPDIR=$temporary swift test --skip-build "$@" || code=$?
    rm -rf "$temporary"
    return $code
}

# A directory of programs that every user can run, with the Swift runtime beside them: these link it dynamically.
collect_programs() {
    local from runtime program
    from=$(binaries)
    runtime=$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")/lib/swift/linux
    rm -rf "${place:?}/bin"
    mkdir -p "$place/bin"
    for program in "${programs[@]}"; do
        [ -x "$from/$program" ] || fail "there is no $from/$program: scripts/coverage.sh build"
        cp "$from/$program" "$place/bin/"
    done
    ldd "$from/FCGIApp" | awk -v runtime="$runtime/" 'index($3, runtime) == 1 { print $3 }' | xargs -r cp -t "$place/bin/"
}

end_to_end() {
    if [ $# = 0 ] && [ -z "${COVER_FULL:-}" ]; then set -- "${subset[@]}"; fi
    collect_programs
    make_profiles endtoend
    (cd Tests/EndToEnd && BIN_DIR="$place/bin" "$checkout/.venv/bin/python" -m pytest -q "$@")
}

report() {
    local from binary kind
    local -a objects=() arguments
    # Each kind becomes one file. What was broken off counts for nothing.
    for kind in swift endtoend; do
        find "$profiles" -name "$kind-*.profraw" -size +0 2>/dev/null >"$place/list"
        if [ -s "$place/list" ]; then
            "$(tool llvm-profdata)" merge --sparse --failure-mode=all --input-files="$place/list" \
                --output "$profiles/$kind.profdata"
            find "$profiles" -name "$kind-*.profraw" -delete
        fi
    done
    [ -n "$(find "$profiles" -name '*.profdata')" ] || fail "no profiles; run scripts/coverage.sh swift"
    "$(tool llvm-profdata)" merge --sparse --output "$place/all.profdata" "$profiles"/*.profdata
    from=$(binaries)
    for binary in "$from"/*.xctest "${programs[@]/#/$from/}"; do
        if [ -x "$binary" ] && [ "$(basename "$binary")" != KafkaMock ]; then objects+=(-object "$binary"); fi
    done
    arguments=("${objects[@]}" -instr-profile "$place/all.profdata" -ignore-filename-regex "^$checkout/(\.build|Tests|Benchmarks)/")
    "$(tool llvm-cov)" export "${arguments[@]}" -format lcov >"$place/lcov.info"
    if [ -n "${COVER_HTML:-}" ]; then
        "$(tool llvm-cov)" show "${arguments[@]}" -format html -output-dir "$place/html"
        echo "Pages: $place/html/index.html"
    fi
    python3 scripts/coverage_report.py "$place/lcov.info" "$checkout/Sources" "$floor"
}

case ${1:-all} in
    build) build ;;
    swift)
        shift
        swift_tests "$@"
        ;;
    endtoend)
        shift
        end_to_end "$@"
        ;;
    report) report ;;
    all)
        scripts/test-venv.sh
        build
        swift_tests
        end_to_end
        report
        ;;
    *)
        sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
        exit 2
        ;;
esac
