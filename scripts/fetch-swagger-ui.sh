#!/usr/bin/env bash
# Fetches the assets of Swagger UI that scripts/web/requirements.txt pins by hash, and prints the directory that holds
# them. Fetches nothing when they are there.
#
#   scripts/fetch-swagger-ui.sh     needs python3 with venv; CACHE_DIR=<directory> keeps them elsewhere than .cache
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
requirements=$checkout/scripts/web/requirements.txt
cache=${CACHE_DIR:-$checkout/.cache}
place=$cache/swagger-ui-$(sha256sum "$requirements" | cut -c1-12)
files=(swagger-ui-bundle.js swagger-ui.css favicon-32x32.png LICENSE)

if [ -d "$place" ]; then
    echo "$place"
    exit
fi
mkdir -p "$cache"
exec 9>"$cache/swagger-ui.lock"
flock 9
if [ ! -d "$place" ]; then
    work=$(mktemp -d "$cache/swagger-ui.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    # Debian's python3 has no pip of its own; an environment made by venv has one.
    python3 -m venv "$work/venv" >&2
    "$work/venv/bin/pip" download --quiet --disable-pip-version-check --no-input --no-deps --only-binary :all: \
        --require-hashes --requirement "$requirements" --dest "$work" >&2
    python3 - "$work" "${files[@]}" <<'PYTHON'
import pathlib, sys, zipfile
work = pathlib.Path(sys.argv[1])
assets = work / "assets"
assets.mkdir()
with zipfile.ZipFile(next(work.glob("*.whl"))) as wheel:
    for name in sys.argv[2:]:
        source = next(entry for entry in wheel.namelist() if entry.endswith(f"/dist/{name}"))
        (assets / name).write_bytes(wheel.read(source))
PYTHON
    chmod -R u=rwX,go=rX "$work/assets"
    mv "$work/assets" "$place"
fi
echo "$place"
