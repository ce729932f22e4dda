#!/bin/sh
# Builds the programs in the sources of the present directory and puts them into a directory, stripped.
# The Swift runtime is linked in; C libraries are the system's.
# Usage: build-programs.sh DIRECTORY
set -eu
target=$1
from=$(swift build -c release --static-swift-stdlib --show-bin-path)
mkdir -p "$target"
# These and what they need: not the tests' and benchmarks' own programs.
for program in FCGIApp UploadSidecar EventWorker saasctl; do
    swift build -c release --static-swift-stdlib --product "$program"
    install -m 0755 "$from/$program" "$target/$program"
    strip --strip-debug "$target/$program"
done
