#!/bin/sh
# Makes .venv at the root of the repository: the Python side of the tests (an S3 server, pytest), pinned in
# Tests/requirements.txt. Does nothing when .venv was made from the same list by the same Python already.
# PYTHON names another interpreter than python3. Silent on success.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
requirements=Tests/requirements.txt
stamp=.venv/.requirements
wanted="$(sha256sum <"$requirements") $("$python" --version 2>&1)"

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && [ -x .venv/bin/python ]; then
    exit 0
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "test-venv: $python cannot make virtual environments; on Debian: apt install python3-venv" >&2
    exit 1
fi

# Two runs at once (make test beside an editor's) must not build in the same place.
mkdir -p .cache
exec 9>.cache/test-venv.lock
flock 9
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then exit 0; fi
rm -rf .venv
"$python" -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check --no-input --requirement "$requirements"
printf '%s\n' "$wanted" >"$stamp"
