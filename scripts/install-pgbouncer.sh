#!/usr/bin/env bash
# Installs Debian's PgBouncer without the service that the package would start on port 6432: tests run one of their own.
# Called as root.
set -euo pipefail

# A unit that is masked is neither started nor enabled.
unit=/etc/systemd/system/pgbouncer.service
if [[ ! -e $unit ]]; then
    mkdir -p "${unit%/*}"
    trap 'rm -f "$unit"' EXIT
    ln -s /dev/null "$unit"
fi

"$(dirname "$0")/apt-get.sh" update
"$(dirname "$0")/apt-get.sh" install --no-install-recommends pgbouncer
