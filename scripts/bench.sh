# The bench: updates measured against stm32flash and stm32loader on the same simulated chips, over the same
# pseudo-terminal. What its options are: ./dev bench --help

STM32LOADER_VERSION=0.7.1

# stm32loader, in a Python environment of its own.
need_stm32loader() {
    local folder=$TOOLS/stm32loader-$STM32LOADER_VERSION
    STM32LOADER_PYTHON=$folder/bin/python
    [[ -x $folder/bin/stm32loader ]] && return
    need_commands python3=python3
    python3 -c 'import ensurepip' 2>/dev/null || install_packages python3-venv
    quietly "Making a Python environment for stm32loader" python3 -m venv --clear "$folder"
    quietly "Installing stm32loader $STM32LOADER_VERSION" \
        "$STM32LOADER_PYTHON" -m pip install "stm32loader==$STM32LOADER_VERSION"
}

# bench [OPTION…]
bench() {
    need_rust
    need_commands stm32flash=stm32flash
    need_stm32loader
    build_native --release --package bench --package stm32-bootloader --features stm32-bootloader/sim-pty
    "${CARGO_TARGET_DIR:-target}/release/bench" --stm32loader "$STM32LOADER_PYTHON" "$@"
}
