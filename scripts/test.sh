# The tests. `./dev test` runs each of the others as a command of its own.

format() {
    need_rust
    cargo fmt --all
}

lint() {
    need_rust
    local native=(--workspace --features stm32-bootloader/sim-pty)
    local web=(--package fieldflash --package browser --package simulated-device --package support-desk --package web-usb --package workshop --target wasm32-unknown-unknown)
    cargo fmt --all --check || fail "Some files are not formatted: ./dev fmt does it."
    cargo clippy "${native[@]}" --all-targets -- --deny warnings
    cargo clippy "${web[@]}" --all-targets -- --deny warnings
    RUSTDOCFLAGS="--deny warnings" cargo doc "${native[@]}" --no-deps
    # RUSTDOCFLAGS would hide what this Rust may need to find the browser's library.
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTDOCFLAGS="${CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS:-} --deny warnings" \
        cargo doc "${web[@]}" --no-deps
}

test_native() {
    need_rust
    need_commands stm32flash=stm32flash
    need_web_servers
    need_postgres
    need_memfault_cli
    need_stm32loader
    STM32LOADER_PYTHON=$STM32LOADER_PYTHON cargo test --workspace --features stm32-bootloader/sim-pty
    need_node
    node --test --test-reporter=spec tests/technician/*.test.mjs
}

# How updates end with one fault at every byte of the exchange: a table for people, which test_native only asserts.
print_faults() {
    need_rust
    cargo test --quiet --package updater --test procedure fault_matrix -- --nocapture
}

test_web() {
    need_rust
    need_wasm_bindgen
    need_chromium
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner
    export CHROMEDRIVER=$PWD/scripts/chromedriver WASM_BINDGEN_TEST_WEBDRIVER_JSON=$PWD/scripts/webdriver.json
    export WASM_BINDGEN_TEST_ADDRESS=127.0.0.1:47120
    # Some failures only show after the page has been patient.
    export WASM_BINDGEN_TEST_TIMEOUT=180
    local target=wasm32-unknown-unknown
    # Not what src/ tests of itself: that is done natively, and a module that a test loads brings all of src/ along once more.
    cargo test --package fieldflash --test failures --test page --test trust --test web_serial --target $target
    cargo test --package web-usb --target $target
}

# What the whole system takes to run: need_e2e
need_e2e() {
    need_rust
    need_node
    build_page_if_changed
    build_native --package station --package stm32-bootloader --features stm32-bootloader/sim-pty
    need_chromium
    need_firefox
    need_ports
    need_e2e_modules
}

# test_e2e [WORDS…]
test_e2e() {
    need_e2e
    # Two at a time: they wait for devices more than they compute, and there may be only two cores.
    node --test --test-concurrency=2 --test-reporter=spec ${1:+--test-name-pattern="$*"} tests/e2e/*.test.mjs
}

# take_shots [WORDS…]
take_shots() {
    need_e2e
    node tests/e2e/shots.mjs "$@"
}

# audit [WORDS…]
audit() {
    need_e2e
    need_lighthouse
    node tests/e2e/audit.mjs "$LIGHTHOUSE" "$@"
}

# All of it; stops at the first step that fails.
test_all() {
    local logs=target/test step started failed=0
    rm -rf "$logs"
    mkdir -p "$logs"
    for step in lint native api web build e2e; do
        started=$SECONDS
        say "== $step"
        ./dev "$step" 2>&1 </dev/null | tee "$logs/$step.log" || failed=1
        say "== $step took $((SECONDS - started)) s"
        ((failed)) && break
    done
    summary "$logs" "$failed"
    return "$failed"
}

# The closing line, over what Rust and Node count; a step that failed without a failed test counts as one: summary LOGS FAILED
summary() {
    cat "$1"/*.log | sed 's/\x1b\[[0-9;]*m//g' | awk -v broken="$2" '
        /^test result: / { passed += $4; failed += $6 }
        /^(ℹ|#) pass / { passed += $3 }
        /^(ℹ|#) fail / { failed += $3 }
        END { if (broken && !failed) failed = 1; printf "%d passed, %d failed\n", passed, failed }'
}
