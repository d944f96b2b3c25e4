# shellcheck shell=bash
# Starts, finds and stops the servers' processes, and finds ports for them. Sourced by servers.sh.
#
# A pid file holds a process id and the time that process started (clock ticks since the machine started), so that a
# number used again, by somebody else's process, is never taken for ours.

started_at() {
    local stat fields
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return
    # The second field is the program's name in brackets, which may hold anything.
    read -ra fields <<<"${stat##*) }"
    [[ ${fields[0]} != Z ]] && printf '%s' "${fields[19]}"
}

# running PID_FILE: prints the process id if it is still the same process.
running() {
    local pid start
    [[ -f $1 ]] && read -r pid start <"$1" && [[ -n $start && $(started_at "$pid") == "$start" ]] && printf '%s' "$pid"
}

# record PID_FILE PID
record() {
    printf '%s %s\n' "$2" "$(started_at "$2")" >"$1.new"
    mv -f "$1.new" "$1"
}

# spawn BASE COMMAND...: starts a server with BASE.log and BASE.pid, in a session of its own: a Ctrl-C at the terminal
# reaches this script alone, which then stops the servers in their order.
spawn() {
    local base=$1
    shift
    [[ ! -f $base.log ]] || mv -f "$base.log" "$base.log.1"
    (umask 077 && exec setsid "$@" </dev/null >"$base.log" 2>&1) &
    record "$base.pid" $!
}

# stop_process PID_FILE SIGNAL SECONDS: asks it to end, and after SECONDS makes it.
stop_process() {
    local pid deadline=$((SECONDS + $3))
    if pid=$(running "$1"); then
        kill -s "$2" "$pid" 2>/dev/null || true
        while running "$1" >/dev/null; do
            ((SECONDS <= deadline)) || kill -s KILL "$pid" 2>/dev/null || true
            sleep 0.05
        done
    fi
    rm -f "$1"
}

# wait_for SECONDS PID_FILE COMMAND...: until the command succeeds; fails when time runs out or the process has ended.
wait_for() {
    local deadline=$((SECONDS + $1)) pid_file=$2
    shift 2
    until "$@"; do
        running "$pid_file" >/dev/null || return
        ((SECONDS < deadline)) || return
        sleep 0.05
    done
    # Else it was another program on this port that answered.
    running "$pid_file" >/dev/null
}

port_is_used() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || (exec 3<>"/dev/tcp/::1/$1") 2>/dev/null
}

http_ok() {
    local status
    (
        exec 3<>"/dev/tcp/localhost/$1" &&
            printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$2" >&3 &&
            read -r -t 10 _ status _ <&3 && [[ $status == 200 ]]
    ) 2>/dev/null
}

# free_port NAME: sets the variable NAME. Ports are below those that the system gives to outgoing connections, and each
# script looks in a range of its own first, by its process id: two that start at once do not find the same port free.
NEXT_PORT=$((20000 + $$ % 3000 * 4))
free_port() {
    while port_is_used "$NEXT_PORT"; do
        NEXT_PORT=$((NEXT_PORT < 31999 ? NEXT_PORT + 1 : 20000))
    done
    printf -v "$1" '%s' "$NEXT_PORT"
    NEXT_PORT=$((NEXT_PORT < 31999 ? NEXT_PORT + 1 : 20000))
}

# kept_port NAME FILE: the port in FILE if it is still free, or else another, which is written there.
kept_port() {
    local kept=
    [[ ! -f $2 ]] || kept=$(<"$2")
    if [[ $kept =~ ^[0-9]+$ ]] && ! port_is_used "$kept"; then
        printf -v "$1" '%s' "$kept"
    else
        free_port "$1"
        printf '%s\n' "${!1}" >"$2"
    fi
}
