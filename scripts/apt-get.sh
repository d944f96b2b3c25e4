#!/usr/bin/env bash
# apt-get as root, that asks no questions and waits while another package manager is at work. apt waits for dpkg's lock
# only: when the package lists are locked, as by a new machine's own daily update, it fails at once.
set -euo pipefail

patience=900
output=$(mktemp)
trap 'rm -f "$output"' EXIT
while true; do
    code=0
    LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout="$patience" "$@" >"$output" 2>&1 || code=$?
    cat "$output"
    if ((code == 0 || SECONDS > patience)) || ! grep -q '^E: Could not get lock' "$output"; then
        exit "$code"
    fi
    sleep 2
done
