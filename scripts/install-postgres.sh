#!/usr/bin/env bash
# Installs Debian's PostgreSQL server without the cluster that the package would create and start on port 5432:
# Freehold runs one of its own. Called as root with the major version.
#
# The package asks this drop-in whether to create a cluster. It is there only while the package is being installed,
# so that whoever installs another version later gets what they expect, and `pg_createcluster` works as always.
set -euo pipefail

drop_in=/etc/postgresql-common/createcluster.d/freehold.conf
mkdir -p "${drop_in%/*}"
trap 'rm -f "$drop_in"' EXIT
printf 'create_main_cluster = false\n' >"$drop_in"

"$(dirname "$0")/apt-get.sh" install --no-install-recommends "postgresql-$1"
