# shellcheck shell=bash
# What the scripts tell a person: one short line a step. What the commands say goes to a log file.
# Sourced; the caller sets STEP_LOG.

STEP_LOG=${STEP_LOG:-/dev/null}

# The process group of the command that `step` waits for; whoever handles a signal ends it with `end_step`.
STEP_GROUP=

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# step TEXT COMMAND...: shows "TEXT ... 12 s", or the end of the command's output when it fails.
step() {
    show_step "$1" interruptible logged "${@:2}"
}

# The same for a command that changes the system: a signal to this script waits for its end, since a package manager
# that is stopped half-way leaves a broken system.
whole_step() {
    show_step "$1" to_the_end logged "${@:2}"
}

show_step() {
    local started=$SECONDS code=0
    printf '%s ... ' "$1"
    printf '\n== %s\n' "$1" >>"$STEP_LOG"
    "${@:2}" || code=$?
    if ((code == 0)); then
        printf '%s s\n' "$((SECONDS - started))"
        return
    fi
    printf 'failed after %s s\n' "$((SECONDS - started))"
    show_tail "$STEP_LOG"
    return "$code"
}

logged() {
    "$@" >>"$STEP_LOG" 2>&1
}

# In a subshell: a trap of the script runs after it, and outside its redirections.
to_the_end() {
    ("$@")
}

show_tail() {
    printf -- '\n--- the end of %s:\n' "$1" >&2
    tail -n 40 "$1" >&2
    printf -- '---\n' >&2
}

# Runs a command in a process group of its own and waits for it. Bash handles a signal only between foreground
# commands, but breaks off `wait`: this way a Ctrl-C or SIGTERM during a long build is obeyed at once.
interruptible() {
    set -m
    "$@" </dev/null &
    set +m
    STEP_GROUP=$!
    local code=0
    wait "$STEP_GROUP" || code=$?
    STEP_GROUP=
    return "$code"
}

end_step() {
    [[ -n $STEP_GROUP ]] || return 0
    printf 'interrupted\n' 2>/dev/null || true
    kill -s TERM -- "-$STEP_GROUP" 2>/dev/null || true
    STEP_GROUP=
}

# locked FILE COMMAND...: one at a time among all scripts that share FILE, which exists already.
locked() {
    (
        flock 9
        # Without the lock's descriptor: a process that outlives the command must not keep the lock.
        "${@:2}" 9<&-
    ) 9<"$1"
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        sudo -- "$@"
    fi
}

# Succeeds when as_root will work; asks for sudo's password once, where there is somebody to ask.
can_be_root() {
    ((EUID == 0)) && return
    command -v sudo >/dev/null || return
    sudo -n true 2>/dev/null && return
    [[ -t 0 ]] || return
    printf 'Installing packages needs administrator rights.\n'
    sudo -v
}
