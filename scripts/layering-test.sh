#!/usr/bin/env bash
# Proves that the layers hold: code that reaches around them must not compile. Works on a copy of the package in
# .build/layering, which is kept, so that a second run compiles only what changed.
#
# Prints one line a case and ends with 0 only when each case went as it should.
set -uo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
place=$checkout/.build/layering
package=$place/package
passed=0 failed=0

mkdir -p "$place"
rm -rf "$package"
mkdir "$package"
cp -a "$checkout/Package.swift" "$checkout/Sources" "$checkout/Tests" "$checkout/Benchmarks" "$package/"

# Compiles one target of the copy; the output goes to $output.
compile() {
    output=$(swift build --package-path "$package" --scratch-path "$place/build" -j 2 \
        --explicit-target-dependency-import-check error --target "$1" 2>&1)
}

passes() {
    passed=$((passed + 1))
    echo "ok      $1"
}

fails() {
    failed=$((failed + 1))
    echo "FAILED  $1"
    printf '%s\n' "$output" | tail -n 15 | sed 's/^/        /'
}

# Usage: accepted NAME TARGET FILE   (the source on standard input)
accepted() {
    local file=$package/Sources/$3/LayeringProbe.swift
    cat >"$file"
    if compile "$2"; then passes "$1"; else fails "$1"; fi
    rm "$file"
}

# Usage: refused NAME TARGET FILE DIAGNOSTIC   (the source on standard input, the diagnostic an extended regex)
refused() {
    local file=$package/Sources/$3/LayeringProbe.swift
    cat >"$file"
    if compile "$2"; then
        output="it compiled"
        fails "$1"
    elif ! grep -Eq "$4" <<<"$output"; then
        fails "$1"
    else
        passes "$1"
    fi
    rm "$file"
}

# Everything that a probe names is compiled first: no probe may fail merely because a module is not there yet.
for target in Persistence EventCore Web; do
    if ! compile "$target"; then
        fails "the package as it is compiles ($target)"
        echo "$passed passed, $failed failed"
        exit 1
    fi
done
passes "the package as it is compiles"

accepted "a route may import Domain" Web FCGIApp/Web <<'SWIFT'
import Domain
SWIFT
refused "a route cannot import Persistence" Web FCGIApp/Web \
    "missing required module 'CPostgres'|imports another target \(Persistence\)|no such module 'Persistence'" <<'SWIFT'
import Persistence
SWIFT
refused "a route cannot import libpq" Web FCGIApp/Web "no such module 'CPostgres'|imports another target" <<'SWIFT'
import CPostgres
SWIFT
refused "a route cannot import a target that it does not declare" Web FCGIApp/Web \
    "Target Web imports another target \(EventCore\)" <<'SWIFT'
import EventCore
SWIFT
accepted "a query takes a value as a parameter" Persistence Persistence <<'SWIFT'
import Postgres

func layeringProbe(_ text: String) -> Query { "SELECT 1 WHERE 'a' = \(text)" }
SWIFT
refused "a query cannot be made of a runtime string" Persistence Persistence \
    "cannot convert value of type 'String' to expected argument type 'StaticString'" <<'SWIFT'
import Postgres

func layeringProbe(_ text: String) -> Query { Query(stringLiteral: text) }
SWIFT
refused "a runtime string cannot stand for a query" Persistence Persistence \
    "cannot convert return expression of type 'String' to return type 'Query'" <<'SWIFT'
import Postgres

func layeringProbe(_ text: String) -> Query { text }
SWIFT

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
