#!/usr/bin/env bash
# Fills a directory with the pages that nginx serves, laid out as their addresses are: console/, api/docs/ with the
# assets of Swagger UI, and swagger.yaml beside them. Without a way to fetch Swagger UI the rest is there and
# /api/docs points to swagger.yaml.
#
#   scripts/publish-pages.sh DIRECTORY
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${1:?usage: publish-pages.sh DIRECTORY}
work=$target.new

rm -rf "$work"
mkdir -p "$work/api/docs/assets"
cp -R "$checkout/web/console" "$work/console"
cp -R "$checkout/web/docs/." "$work/api/docs/"
cp "$checkout/swagger.yaml" "$work/swagger.yaml"
if assets=$("$checkout/scripts/fetch-swagger-ui.sh"); then
    cp -R "$assets/." "$work/api/docs/assets/"
else
    echo "WARNING: Swagger UI could not be fetched; /api/docs shows a link to swagger.yaml until the next try" >&2
fi
chmod -R u=rwX,go=rX "$work"

# nginx looks each file up anew; only the short moment between the two renames is without pages.
if [ -d "$target" ] && diff -r -q "$target" "$work" >/dev/null; then
    rm -rf "$work"
    exit
fi
if [ -d "$target" ]; then mv "$target" "$target.old"; fi
mv "$work" "$target"
rm -rf "$target.old"
