# Building the page, and serving it.

# Whether the page in dist/ is of the sources as they are.
page_is_current() {
    [[ -f target/page-built && -f dist/index.html.br ]] || return 1
    local sources=(Cargo.toml Cargo.lock Trunk.toml .cargo index.html build.rs languages style src scripts/{shrink,seal,replaced,embed,offline,compress}.mjs scripts/trunk/wasm-bindgen)
    sources+=(crates/{browser,release-feed,simulated-device,stm32-bootloader,support-desk,updater,web-usb,workshop}/{Cargo.toml,src})
    sources+=(crates/support-desk/support.{html,css})
    [[ -z $(find "${sources[@]}" -newer target/page-built -print -quit) ]]
}

build_page() {
    need_page_tools
    say "Building the page…"
    mkdir -p target
    # Its time is that of the start: what changes during the build is not in it.
    touch target/page-begun
    rm -f target/page-built
    # Trunk takes NO_COLOR for a switch that is true or false.
    PATH=$PWD/scripts/trunk:$PATH env -u NO_COLOR trunk build --release --features split ||
        fail "The page could not be built; the lines above say why."
    local split=target/wasm32-unknown-unknown/web/fieldflash-split
    cp $split/split_work.wasm dist/work_bg.wasm
    node scripts/shrink.mjs dist/fieldflash-*_bg.wasm dist/fieldflash-*.js $split/__wasm_split.js dist/work_bg.wasm
    add_module simulated-device dist
    add_module web-usb dist
    add_module workshop dist
    add_support_desk dist
    cp crates/support-desk/support.{html,css} dist
    node scripts/seal.mjs dist embedded identity simulated-device theme support-desk web-usb workshop technician/{kept,outbox,page,technician}
    node scripts/embed.mjs dist
    node scripts/offline.mjs dist
    node scripts/compress.mjs dist
    mv target/page-begun target/page-built
}

# A module that the page loads when someone asks for what it does: add_module PACKAGE FOLDER
add_module() {
    local target=wasm32-unknown-unknown
    build_native --package "$1" --profile web --target $target
    wasm-bindgen --target web --no-typescript --out-name "$1" --out-dir "$2" "target/$target/web/${1//-/_}.wasm"
    node scripts/shrink.mjs "$2/$1"_bg.wasm "$2/$1.js"
}

# The same in two parts, as the page itself: add_support_desk FOLDER
add_support_desk() {
    local target=wasm32-unknown-unknown
    local built=target/$target/web/support_desk
    # What refers to what, by which the second part is found: crates/support-desk/src/second.rs.
    cargo rustc --package support-desk --crate-type cdylib --profile web --target $target -- \
        --codegen link-arg=--emit-relocs || fail "Support's page could not be built; the lines above say why."
    scripts/trunk/wasm-bindgen --target web --no-typescript --out-name support-desk --out-dir "$1" $built.wasm
    cp $built-split/split_desk.wasm "$1/support-desk-second_bg.wasm"
    node scripts/shrink.mjs "$1"/support-desk{_bg.wasm,.js} $built-split/__wasm_split.js "$1/support-desk-second_bg.wasm"
}

build_page_if_changed() {
    page_is_current || build_page
}

# build_native OPTION…: as cargo's
build_native() {
    cargo build "$@" || fail "The programs could not be built; the lines above say why."
}

run_station() {
    local port=${PORT:-8080} data=target/station
    [[ $port =~ ^[0-9]+$ ]] && ((port > 0 && port < 65536)) || fail "PORT=$port is not a port number."
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        fail "Port $port is in use. End the program that uses it, or choose another: PORT=$((port + 1)) ./dev run"
    fi
    need_rust
    need_node
    build_page_if_changed
    build_native --quiet --package station
    add_sample_release "$data"
    exec target/debug/station serve --data "$data" --app dist --listen "127.0.0.1:$port"
}

# A release to try the page with, where there is none yet: add_sample_release DATA_FOLDER
add_sample_release() {
    [[ $(target/debug/station release list --json --data "$1") == "[]" ]] || return 0
    local image=target/sample-1.2.0.bin
    node scripts/sample-image.mjs >"$image"
    target/debug/station release add "$image" --data "$1" \
        --software-type stm32-fw --hardware-version mp --software-version 1.2.0 --notes-file scripts/sample-notes.txt
}
