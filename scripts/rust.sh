# A Rust toolchain that compiles for this computer and for the browser.

# Whether the Rust that the path leads to has the browser's standard library.
has_wasm_target() { compgen -G "$(rustc --print target-libdir --target wasm32-unknown-unknown)/libcore-*.rlib" >/dev/null; }

need_rust() {
    need_commands cc=build-essential
    if [[ ${FIELDFLASH_TOOLCHAIN:-} != debian ]] && has cargo && cargo --version >/dev/null 2>&1; then
        has_wasm_target && return
        if has rustup; then
            say "Adding the browser as a target of Rust…"
            timeout 180 rustup target add wasm32-unknown-unknown >/dev/null 2>&1 && has_wasm_target && return
        fi
    fi
    if has apt-get && apt-cache show rustc-web >/dev/null 2>&1; then
        use_debian_rust
    elif has cargo; then
        fail "This Rust cannot compile for the browser. Add that with: rustup target add wasm32-unknown-unknown"
    else
        fail "Rust is missing. Install it as https://rustup.rs says, then try again."
    fi
}

# Debian's Rust has no standard library for the browser, but its source: it is built once and kept with the tools.
use_debian_rust() {
    local package
    for package in rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web lld-22; do
        if ! dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
            install_packages rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web lld-22
            break
        fi
    done
    local folder command
    folder=$TOOLS/rust-debian-$(/usr/bin/rustc --version | cut -d ' ' -f 2)
    # Links, so that nothing else of /usr/bin comes before what the path says.
    mkdir -p "$folder/bin"
    for command in cargo rustc rustdoc rustfmt cargo-fmt cargo-clippy clippy-driver; do
        ln -sf "/usr/bin/$command" "$folder/bin/$command"
    done
    export PATH=$folder/bin:$PATH
    unset RUSTUP_TOOLCHAIN
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22
    compgen -G "$folder/sysroot/lib/rustlib/wasm32-unknown-unknown/lib/libtest-*.rlib" >/dev/null || build_browser_std "$folder"
    # A folder of its own for the browser's library: Debian's folders stay as its packages made them.
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--sysroot=$folder/sysroot"
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTDOCFLAGS=$CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS
}

# build_browser_std FOLDER
build_browser_std() {
    local empty=target/browser-std library=lib/rustlib/wasm32-unknown-unknown/lib
    mkdir -p "$empty/src"
    printf '[package]\nname = "empty"\nedition = "2024"\n[workspace]\n' >"$empty/Cargo.toml"
    : >"$empty/src/lib.rs"
    # The standard library is built by features that are not stable, and must hold bitcode for a page that is
    # optimised as a whole.
    quietly "Building Rust's standard library for the browser, once, in about two minutes" \
        env RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes cargo build --release -Zbuild-std=std,panic_abort,test \
        --manifest-path "$empty/Cargo.toml" --target wasm32-unknown-unknown --target-dir "$empty/target"
    rm -rf "$1/sysroot.part" "$1/sysroot"
    mkdir -p "$1/sysroot.part/$library"
    cp "$empty"/target/wasm32-unknown-unknown/release/deps/*.rlib "$1/sysroot.part/$library"
    mv "$1/sysroot.part" "$1/sysroot"
    rm -rf "$empty"
}
