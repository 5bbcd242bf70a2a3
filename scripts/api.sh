# The management API under generated requests: schemathesis sends what the OpenAPI document allows, and what it does not.

SCHEMATHESIS_VERSION=4.32.5

need_schemathesis() { need_python_tool schemathesis "$SCHEMATHESIS_VERSION" schemathesis; }

# Fails if a station answers any request with a server error: test_api [OPTION…], as schemathesis'
test_api() {
    need_rust
    need_schemathesis
    build_native --package station
    local data station address token
    data=$(mktemp -d)
    token=$(target/debug/station token new schemathesis --scope admin --data "$data")
    coproc STATION { exec target/debug/station serve --data "$data" --listen 127.0.0.1:0; }
    # shellcheck disable=SC2153
    station=$STATION_PID
    read -r address <&"${STATION[0]}"
    address=${address##* }
    local failed=0
    "$TOOLS/schemathesis-$SCHEMATHESIS_VERSION/bin/schemathesis" run "${address/localhost/127.0.0.1}/api/openapi.json" \
        --header "Authorization: Bearer $token" --checks not_a_server_error --max-examples 20 --seed 1 "$@" || failed=1
    kill "$station" && wait "$station" || true
    rm -rf "$data"
    return "$failed"
}
