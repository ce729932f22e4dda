#!/bin/sh
# Fails when a library that a program needs is not installed.
# Usage: check-libraries.sh PROGRAM
set -eu
missing=$(ldd "$1" | grep 'not found' || true)
if [ -n "$missing" ]; then
    echo "$1 lacks: $missing" >&2
    exit 1
fi
