# shellcheck shell=bash
# What ./run does with its data folder and the host. Sourced after servers.sh and build.sh.

# Sets DATA, the folder's absolute path.
open_data_folder() {
    [[ -d $1 ]] || { mkdir -p "$(dirname "$1")" && mkdir -m 700 "$1"; }
    [[ -O $1 ]] || fail "$1 belongs to another user. Be that user, or choose another folder with --data."
    DATA=$(realpath "$1")
    STEP_LOG=$DATA/setup.log
}

# Makes this script the one that runs on the data folder. What an earlier one left running, because it was killed, is
# stopped first.
claim_data_folder() {
    local other
    exec 8>"$DATA/run.lock"
    flock 8
    if other=$(running "$DATA/run.pid"); then
        fail "Freehold is running with $1 already (process $other). Stop it with ./run --stop, or choose another folder with --data."
    fi
    record "$DATA/run.pid" "$$"
    exec 8>&-
    (umask 077 && : >"$STEP_LOG")
    stop_left_behind
}

stop_left_behind() {
    stop_process "$DATA/host.pid" TERM 10
    stop_servers "$DATA"
}

start_own_servers() {
    secret_file "$DATA/admin.key" "fh_$(head -c 512 /dev/urandom | tr -dc a-z0-9 | cut -c 1-8)_$(random_text 32)"
    secret_file "$DATA/credential.key" "$(head -c 32 /dev/urandom | base64 -w 0)"
    secret_file "$DATA/certificate.key" "$(head -c 32 /dev/urandom | base64 -w 0)"

    if [[ -n ${FREEHOLD_STORAGE:-} ]]; then
        rm -f "$DATA/storage.connection"
        secret_file "$DATA/storage.connection" "$FREEHOLD_STORAGE"
    else
        start_azurite_there "$DATA"
    fi

    if [[ -n ${FREEHOLD_CATALOG:-} ]]; then
        CATALOG=$FREEHOLD_CATALOG
        # Of a setting that is given twice, Npgsql takes the last.
        SERVER=${FREEHOLD_SERVER:-${FREEHOLD_CATALOG%;};Database=postgres}
    else
        start_postgres_there "$DATA"
        make_database "$DATA" freehold_catalog
        CATALOG=$(postgres_connection "$DATA" freehold_catalog)
        SERVER=${FREEHOLD_SERVER:-$(postgres_connection "$DATA" postgres)}
    fi
}

# start_host PORT
start_host() {
    local storage key_hash
    storage=$(<"$DATA/storage.connection")
    key_hash=$(tr -d '\n' <"$DATA/admin.key" | sha256sum | cut -d ' ' -f 1)
    # From a copy: a build meanwhile, by ./test or another run, must not write over files that are in use.
    rm -rf "$DATA/host"
    cp -R "$HOST_OUTPUT" "$DATA/host"

    # Secrets go by the environment: arguments can be read by every user of the machine.
    # On one machine the operator and the tenants are the same person, hence AdminMayUseTenantRoutes,
    # and no limits unless a plan is asked for.
    LocalHost__Port=$1 \
        LocalHost__DataFolder=$DATA \
        Storage=$storage \
        ServiceBus=$storage \
        Catalog__ConnectionString=$CATALOG \
        Provisioning__Postgres__ConnectionString=$SERVER \
        Tenants__AdminKeySha256=$key_hash \
        Tenants__AdminMayUseTenantRoutes=true \
        Tenants__DefaultPlan=enterprise \
        Tenants__CredentialKeys__0__Id=local \
        Tenants__CredentialKeys__0__Key=$(<"$DATA/credential.key") \
        Tenants__CertificateKeys__0__Id=local \
        Tenants__CertificateKeys__0__Key=$(<"$DATA/certificate.key") \
        spawn "$DATA/host" env -C "$ROOT" dotnet "$DATA/host/Freehold.LocalHost.dll"
    if ! wait_for 90 "$DATA/host.pid" http_ok "$1" /api/health/ready; then
        show_tail "$DATA/host.log"
        fail "Freehold did not get ready."
    fi
}

# run_demo PORT FOLDER: its failure is told, and no reason to stop.
run_demo() {
    [[ -f $DEMO_DLL ]] || return 0
    interruptible dotnet "$DEMO_DLL" --url "http://localhost:$1/api" --admin-key "$2/admin.key" --data "$2" ||
        printf 'The demonstration failed (exit code %s). Freehold itself runs.\n' $? >&2
}

# show_first_calls PORT FOLDER: two lines that work when pasted, with the demonstration's tenants or without.
show_first_calls() {
    local api=http://localhost:$1/api key=$2/admin.key
    printf '\n'
    if [[ -f $2/alpine-cycles.key ]]; then
        first_call "$api/tenants/alpine-cycles/search" "$2/alpine-cycles.key" \
            '{"query": "How many days of paid leave do I get per year?", "limit": 1}'
    else
        first_call "$api/tenants?wait=30" "$key" '{"id": "acme"}'
    fi
    first_call "$api/tenants" "$key"
    printf '\n'
}

# first_call URL KEY_FILE [BODY]: the key stays in its file, and out of the terminal's history.
first_call() {
    # shellcheck disable=SC2016
    printf '  curl -s %q -H "Authorization: Bearer $(cat %q)"' "$1" "$2"
    [[ -z ${3:-} ]] || printf " -d '%s'" "$3"
    printf '\n'
}

# Does not return: it ends by Ctrl-C or another signal, or when one of the processes ends by itself.
wait_for_an_end() {
    local name pids=()
    for name in host azurite postgres; do
        [[ ! -f $DATA/$name.pid ]] || pids+=("$(cut -d ' ' -f 1 "$DATA/$name.pid")")
    done
    # Looked at first: of one that has ended before, `wait` knows nothing any more, and waits for the others.
    fail_if_one_has_ended
    wait -n "${pids[@]}" || true
    fail_if_one_has_ended
}

fail_if_one_has_ended() {
    local name
    for name in host azurite postgres; do
        if [[ -f $DATA/$name.pid ]] && ! running "$DATA/$name.pid" >/dev/null; then
            show_tail "$DATA/$name.log"
            fail "Freehold stops, since its $name has ended."
        fi
    done
}

# something_runs NAME...: whether any of these of the data folder does.
something_runs() {
    local name
    for name in "$@"; do
        ! running "$DATA/$name.pid" >/dev/null || return 0
    done
    return 1
}

# At the end of ./run, however it ends.
stop_all() {
    local started=$SECONDS
    # A second Ctrl-C, or a terminal that is gone, must not leave half of it running.
    trap '' HUP INT TERM PIPE
    end_step
    if something_runs host azurite postgres; then
        printf '\nStopping Freehold ... ' 2>/dev/null || true
        stop_left_behind
        printf '%s s\n' "$((SECONDS - started))" 2>/dev/null || true
    fi
    rm -f "$DATA/run.pid"
}

# stop_earlier_run FOLDER: what runs with it, in the background or left by a script that was killed.
stop_earlier_run() {
    [[ ! -d $1 ]] || open_data_folder "$1"
    if [[ ! -d $1 ]] || ! something_runs run host azurite postgres; then
        printf 'Nothing is running with %s.\n' "$1"
        return
    fi
    # It stops the others itself, each within ten seconds.
    stop_process "$DATA/run.pid" TERM 35
    stop_left_behind
    printf 'Freehold with %s is stopped.\n' "$1"
}
