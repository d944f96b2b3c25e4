# shellcheck shell=bash
# PostgreSQL and Azurite in a data folder, listening on loopback only, each with secrets of its own.
# Sourced by ./run, ./test and ./bench after setup.sh, which finds the programs.

# shellcheck source=scripts/processes.sh
source "$SCRIPTS/processes.sh"

# start_servers DATA_DIR: both, on the ports they had before if those are still free.
start_servers() {
    start_azurite_there "$1"
    start_postgres_there "$1"
}

start_azurite_there() {
    local blob_port queue_port
    kept_port blob_port "$1/azurite-blob.port"
    kept_port queue_port "$1/azurite-queue.port"
    start_azurite "$1" "$blob_port" "$queue_port"
}

start_postgres_there() {
    local port
    kept_port port "$1/postgres.port"
    start_postgres "$1" "$port"
}

stop_servers() {
    stop_azurite "$1"
    stop_postgres "$1"
}

# random_text BYTES: base64 with the alphabet of URLs, without padding.
random_text() {
    head -c "$1" /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '='
}

# secret_file FILE TEXT: written once, readable by its owner alone, and never half-written.
secret_file() {
    [[ ! -s $1 ]] || return 0
    (umask 077 && printf '%s\n' "$2" >"$1.new")
    mv -f "$1.new" "$1"
}

# The major version that made the cluster of a data folder, or nothing.
cluster_version() {
    [[ ! -f $1/postgres/PG_VERSION ]] || cat "$1/postgres/PG_VERSION"
}

# Runs a command as the user PostgreSQL runs as, since it refuses to run as root.
POSTGRES_USER=()
if ((EUID == 0)); then
    POSTGRES_USER=(setpriv --reuid postgres --regid postgres --init-groups --)
fi

# That user may be unable to get to the data folder (a clone below /root). So the folder is opened here, and named
# there by its descriptor: only the rights on the cluster's folder itself matter then.
readonly OPENED_CLUSTER=/proc/self/fd/9

# start_postgres DATA_DIR PORT: starts the cluster in DATA_DIR/postgres, which is made first if there is none.
# No Unix socket: its path has a limit of 107 bytes, which a data folder may well be beyond.
# What every search uses is loaded once, not by every session: that is 2 to 3 ms of a cold search.
start_postgres() {
    local cluster=$1/postgres
    [[ -f $cluster/PG_VERSION ]] || make_cluster "$1"
    forget_dead_server "$cluster"
    spawn "$1/postgres" "${POSTGRES_USER[@]}" "$POSTGRES_BIN/postgres" -D "$OPENED_CLUSTER" -p "$2" \
        -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 -c shared_buffers=256MB \
        -c shared_preload_libraries=vector,dict_snowball \
        9<"$cluster"
    if ! wait_for 60 "$1/postgres.pid" "$POSTGRES_BIN/pg_isready" -q -h 127.0.0.1 -p "$2"; then
        show_tail "$1/postgres.log"
        fail "PostgreSQL did not start."
    fi
}

# Made aside and then renamed: one that was interrupted is made again.
make_cluster() {
    local new=$1/postgres.new password=$1/postgres.password options=()
    rm -rf "$new"
    mkdir -m 700 "$new"
    secret_file "$password" "$(random_text 24)"
    # From 18 on they are on by default.
    ((POSTGRES_VERSION < 18)) || options=(--no-data-checksums)
    if ((EUID == 0)); then
        chown postgres: "$new"
    fi
    if ! (
        cd /
        # The password goes through a pipe made by the server's user, who may not read the file.
        # shellcheck disable=SC2016  # expanded by the inner shell
        "${POSTGRES_USER[@]}" bash -c '"$@" --pwfile=<(cat)' bash \
            "$POSTGRES_BIN/initdb" -D "$OPENED_CLUSTER" --username=freehold --auth=scram-sha-256 \
            --encoding=UTF8 --locale=C.UTF-8 --no-instructions "${options[@]}"
    ) 9<"$new" <"$password" >"$1/initdb.log" 2>&1; then
        show_tail "$1/initdb.log"
        fail "PostgreSQL's cluster could not be made."
    fi
    mv "$new" "$1/postgres"
}

# After a power cut the server's own lock names a process id that may be anybody's by now, and a server that finds it
# in use refuses to start. A server works in its cluster's folder; a process that does not isn't it.
forget_dead_server() {
    local pid
    [[ -f $1/postmaster.pid ]] || return 0
    read -r pid <"$1/postmaster.pid" || pid=
    [[ /proc/${pid:-none}/cwd -ef $1 ]] || rm -f "$1/postmaster.pid"
}

# SIGINT is PostgreSQL's fast shutdown: it breaks connections off, and ends in order.
stop_postgres() {
    stop_process "$1/postgres.pid" INT 10
}

# start_pgbouncer DATA_DIR PORT: a pooler in transaction mode before that cluster, with two sessions for each tenant. It
# learns tenants' passwords from the server. Neither it nor PostgreSQL runs as root, so its folder is opened here, too.
start_pgbouncer() {
    local folder=$1/pgbouncer
    rm -rf "$folder"
    mkdir -m 700 "$folder"
    (umask 077 && printf '"freehold" "%s"\n' "$(<"$1/postgres.password")" >"$folder/users")
    cat >"$folder/pgbouncer.ini" <<INI
[databases]
* = host=127.0.0.1 port=$(<"$1/postgres.port")
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $2
unix_socket_dir =
auth_type = scram-sha-256
auth_file = $OPENED_CLUSTER/users
auth_user = freehold
pool_mode = transaction
default_pool_size = 2
max_client_conn = 200
INI
    if ((EUID == 0)); then
        chown -R postgres: "$folder"
    fi
    spawn "$1/pgbouncer" "${POSTGRES_USER[@]}" "$PGBOUNCER" "$OPENED_CLUSTER/pgbouncer.ini" 9<"$folder"
    if ! wait_for 20 "$folder.pid" port_is_used "$2"; then
        show_tail "$folder.log"
        fail "PgBouncer did not start."
    fi
}

stop_pgbouncer() {
    stop_process "$1/pgbouncer.pid" INT 10
}

# postgres_connection DATA_DIR DATABASE: a connection string in Npgsql's form.
postgres_connection() {
    printf 'Host=127.0.0.1;Port=%s;Username=freehold;Password=%s;Database=%s' \
        "$(<"$1/postgres.port")" "$(<"$1/postgres.password")" "$2"
}

# make_database DATA_DIR NAME: if there is none.
make_database() {
    printf "SELECT 'CREATE DATABASE %s' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '%s')\\\\gexec\n" "$2" "$2" |
        PGPASSWORD=$(<"$1/postgres.password") "$POSTGRES_BIN/psql" -X -q -v ON_ERROR_STOP=1 \
            -h 127.0.0.1 -p "$(<"$1/postgres.port")" -U freehold -d postgres
}

# start_azurite DATA_DIR BLOB_PORT QUEUE_PORT. One process for both costs half of what one each does; its table service
# cannot be turned off and gets any port. Writes the connection string to DATA_DIR/storage.connection. Where AZURITE_ELSEWHERE is
# set, there is another account of that name, with the same key.
start_azurite() {
    local key account=http://127.0.0.1
    [[ -d $1/azurite ]] || mkdir -m 700 "$1/azurite"
    # A key of its own, not the emulator's well-known one, by which every user of the machine could read documents.
    secret_file "$1/azurite.key" "$(head -c 64 /dev/urandom | base64 -w 0)"
    key=$(<"$1/azurite.key")
    # Listing makes many short-lived objects: with a larger nursery, its cost is a fifth lower.
    # A kept connection must outlive a client's idea of how long it may rest, or requests fail now and then.
    NODE_OPTIONS=--max-semi-space-size=64 AZURITE_ACCOUNTS="freehold:$key${AZURITE_ELSEWHERE:+;$AZURITE_ELSEWHERE:$key}" spawn "$1/azurite" "$AZURITE" --location "$1/azurite" \
        --blobHost 127.0.0.1 --blobPort "$2" --blobKeepAliveTimeout 120 \
        --queueHost 127.0.0.1 --queuePort "$3" --queueKeepAliveTimeout 120 \
        --tableHost 127.0.0.1 --tablePort 0 \
        --silent --skipApiVersionCheck --disableTelemetry
    if ! wait_for 60 "$1/azurite.pid" port_is_used "$2" || ! wait_for 60 "$1/azurite.pid" port_is_used "$3"; then
        show_tail "$1/azurite.log"
        fail "Azurite did not start."
    fi
    rm -f "$1/storage.connection"
    secret_file "$1/storage.connection" "DefaultEndpointsProtocol=http;AccountName=freehold;AccountKey=$key;BlobEndpoint=$account:$2/freehold;QueueEndpoint=$account:$3/freehold;"
}

stop_azurite() {
    stop_process "$1/azurite.pid" TERM 10
}
