# The API under generated requests: schemathesis sends what the OpenAPI document allows, and what it does not.

SCHEMATHESIS_VERSION=4.32.5

need_schemathesis() { need_python_tool schemathesis "$SCHEMATHESIS_VERSION" schemathesis; }

# Fails if a station, or one that is the gateway to it, answers any request with a server error: test_api [OPTION…], as
# schemathesis'
test_api() {
    need_rust
    need_schemathesis
    build_native --package station
    local data token key failed=0
    data=$(mktemp -d)
    token=$(target/debug/station token new schemathesis --scope admin --data "$data/own")
    target/debug/station key --data "$data/own" >"$data/key"
    key=$(<"$data/key")
    add_sample_release "$data/own" >/dev/null
    start_station OWN --data "$data/own"
    start_station GATEWAY --data "$data/gateway" --upstream "$OWN_ADDRESS" --project-key-file "$data/key"
    ask_all "$OWN_ADDRESS" --header "Authorization: Bearer $token" --header "Memfault-Project-Key: $key" "$@" || failed=1
    ask_all "$GATEWAY_ADDRESS" "$@" || failed=1
    kill "$OWN" "$GATEWAY"
    wait "$OWN" "$GATEWAY" || true
    rm -rf "$data"
    return "$failed"
}

# Starts a station. Its process is in the variable NAME, its address in NAME_ADDRESS: start_station NAME OPTION…
start_station() {
    local name=$1 pipe line
    shift
    pipe=$(mktemp -u)
    mkfifo "$pipe"
    # What it logs of requests that make no sense is not for people.
    RUST_LOG=error target/debug/station serve --listen 127.0.0.1:0 "$@" >"$pipe" &
    printf -v "$name" %s $!
    read -r line <"$pipe" || fail "The station did not start."
    rm -f "$pipe"
    line=${line##* }
    printf -v "${name}_ADDRESS" %s "${line/localhost/127.0.0.1}"
}

# ask_all ADDRESS [OPTION…]
ask_all() {
    local address=$1
    shift
    mkdir -p target/schemathesis
    # It keeps what it found where it is run.
    (cd target/schemathesis && "$TOOLS/schemathesis-$SCHEMATHESIS_VERSION/bin/schemathesis" run \
        "$address/api/openapi.json" --checks not_a_server_error --max-examples 20 --seed 1 "$@")
}
