#!/usr/bin/env bash
# Keeps the supervisor running: started again when it dies, ended when it stops in good order. The programs survive a
# killed supervisor and are replaced one by one by the new one (see start-program.sh).
set -uo pipefail

control=$1
config=$2
while :; do
    supervisord -n -c "$config" >>"$control/supervisord.out" 2>&1 9>&- && exit 0
    sleep 1
done
