# How the other scripts talk: plain sentences, and a log for what is too long for one.

say() { printf '%s\n' "$*"; }

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Runs a command that is part of the set-up with its output in a file. WHAT is a sentence without its full stop.
# quietly WHAT COMMAND…
quietly() {
    local what=$1 log=target/setup.log
    shift
    mkdir -p target
    say "$what…"
    if ! "$@" >"$log" 2>&1 </dev/null; then
        tail -n 3 "$log" >&2
        fail "That failed: $what. Is the network there? All of the output is in $log."
    fi
}
