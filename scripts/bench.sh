# The bench: updates measured against stm32flash and stm32loader on the same simulated chips, over the same
# pseudo-terminal; over USB, against dfu-util and webdfu. What its options are: ./dev bench --help

STM32LOADER_VERSION=0.7.1

# stm32loader, in a Python environment of its own.
need_stm32loader() {
    need_python_tool stm32loader "$STM32LOADER_VERSION" stm32loader
    STM32LOADER_PYTHON=$TOOLS/stm32loader-$STM32LOADER_VERSION/bin/python
}

# bench [OPTION…], bench usb, or bench station [SECONDS [ROUNDS]]
bench() {
    if [[ ${1:-} == usb ]]; then
        bench_usb
        return
    elif [[ ${1:-} == station ]]; then
        shift
        bench_station "$@"
        return
    fi
    need_rust
    need_commands stm32flash=stm32flash
    need_stm32loader
    build_native --release --package bench --package stm32-bootloader --features stm32-bootloader/sim-pty
    "${CARGO_TARGET_DIR:-target}/release/bench" --stm32loader "$STM32LOADER_PYTHON" "$@"
}

bench_usb() {
    need_e2e
    node tests/e2e/usb.bench.mjs
}
