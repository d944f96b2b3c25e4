#!/usr/bin/env bash
# PostgreSQL and Azurite of a test's own, which it stops and starts as it likes, by lines on standard input:
#   start postgres | stop postgres SIGNAL | start azurite | stop azurite
# Each is answered by "ok" on a line. What is left running ends with this script, and this script with its input.
#
# usage: scripts/own-servers.sh DATA_DIR
set -euo pipefail

# shellcheck source=scripts/setup.sh
source "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/setup.sh"
# shellcheck source=scripts/servers.sh
source "$SCRIPTS/servers.sh"

main() {
    local verb server signal
    DATA=$1
    STEP_LOG=$DATA/setup.log
    # Who asked may be gone by then.
    trap 'trap "" PIPE; stop_servers "$DATA"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    setup_azurite
    setup_postgres ''
    while read -r verb server signal; do
        case "$verb $server" in
            'start postgres' | 'start azurite') "start_${server}_there" "$DATA" ;;
            'stop postgres') stop_process "$DATA/postgres.pid" "$signal" 20 ;;
            # It saves its index when it ends in order, and else only now and then.
            'stop azurite') stop_process "$DATA/azurite.pid" TERM 20 ;;
            *) fail "There is no '$verb $server'." ;;
        esac
        printf 'ok\n'
    done
}

main "$@"
