# Fuzzing: what reads what comes from outside, with inputs that libFuzzer makes up.

CARGO_FUZZ_VERSION=0.13.2

need_fuzzer() {
    need_rust
    need_commands c++=g++
    need_cargo_tool cargo-fuzz "$CARGO_FUZZ_VERSION" cargo-fuzz 2 --locked
}

# fuzz [SECONDS] [TARGET…]: each target for so long, 60 seconds and all of them if nothing else is said.
fuzz() {
    local seconds=60 target targets
    if [[ ${1:-} =~ ^[0-9]+$ ]]; then
        seconds=$1
        shift
    fi
    mapfile -t targets < <(cd fuzz/targets && printf '%s\n' *.rs | sed 's/\.rs$//')
    for target; do
        [[ " ${targets[*]} " == *" $target "* ]] || fail "There is no fuzz target \"$target\". There are: ${targets[*]}"
    done
    need_fuzzer
    for target in "${@:-${targets[@]}}"; do
        fuzz_target "$target" "$seconds"
    done
    say "Nothing was found."
}

# The inputs that are kept are read and never changed; what libFuzzer adds goes to target/.
# fuzz_target TARGET SECONDS
fuzz_target() {
    local target=$1 seconds=$2 work=$PWD/target/fuzz/$1 options
    mkdir -p "$work/corpus" "$work/found"
    options=(--target-dir "${CARGO_TARGET_DIR:-target}/fuzz" --sanitizer "$(fuzz_sanitizer)" "$target")
    # Fuzzing is built with flags of the nightly compiler, which any other takes with this.
    export RUSTC_BOOTSTRAP=1
    quietly "Building the fuzz target $target" cargo fuzz build "${options[@]}"
    say "Fuzzing $target for $seconds seconds…"
    # No input of 16 KiB has a reason to ask for 4 MiB at once, or to take ten seconds.
    if ! cargo fuzz run "${options[@]}" "$work/corpus" "fuzz/corpus/$target" -- -max_total_time="$seconds" -max_len=16384 \
        -malloc_limit_mb=4 -timeout=10 -artifact_prefix="$work/found/" >"$work/log" 2>&1; then
        tail -n 40 "$work/log" >&2
        fail "$target fails with the input in target/fuzz/$target/found. Once it is mended, keep the input in fuzz/corpus/$target."
    fi
    grep '^Done' "$work/log"
}

# Debian's Rust comes without the address sanitizer, with which single allocations are watched too.
fuzz_sanitizer() {
    if compgen -G "$(rustc --print target-libdir)/librustc-*_rt.asan.a" >/dev/null; then echo address; else echo none; fi
}
