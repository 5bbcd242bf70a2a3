# What the build and the tests need, and how it gets here. Each need_… is quick when nothing is missing.

TRUNK_VERSION=0.21.14
WASM_SPLIT_VERSION=0.2.4
BINARYEN_VERSION=132.0.0
LIGHTHOUSE_VERSION=12.8.2
MEMFAULT_CLI_VERSION=1.12.0
TOOLS=${FIELDFLASH_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/fieldflash}

has() { command -v "$1" >/dev/null; }

# Runs a command as root, or says that it cannot.
as_root() {
    if [[ $(id -u) == 0 ]]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

may_be_root() { [[ $(id -u) == 0 ]] || { has sudo && sudo -n true 2>/dev/null; }; }

# install_packages PACKAGE…
install_packages() {
    has apt-get || fail "Something is missing that Debian has in these packages: $*. Install what they hold, then try again."
    may_be_root || fail "These Debian packages are missing: $*. Install them with: sudo apt-get install $*"
    quietly "Looking up Debian packages" as_root apt-get update
    quietly "Installing the Debian packages $*" \
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"
}

# Installs the packages of the commands that are missing: need_commands COMMAND=PACKAGE…
need_commands() {
    local pair missing=()
    for pair; do
        has "${pair%%=*}" || missing+=("${pair#*=}")
    done
    ((${#missing[@]} == 0)) || install_packages "${missing[@]}"
}

need_node() {
    need_commands node=nodejs npm=npm
    node -e 'process.exit(+process.versions.node.split(".")[0] < 18 ? 1 : 0)' ||
        fail "Node.js 18 or newer is needed; this is $(node --version). See https://nodejs.org."
}

# A tool from crates.io in exactly one version, in a folder of its own: need_cargo_tool CRATE VERSION COMMAND MINUTES [OPTION…]
need_cargo_tool() {
    local crate=$1 version=$2 command=$3 minutes=$4 folder=$TOOLS/$1-$2
    shift 4
    if has "$command" && [[ $("$command" --version 2>/dev/null) == *" $version"* ]]; then return; fi
    if [[ ! -x $folder/bin/$command ]]; then
        quietly "Installing $crate $version, once, in about $minutes minutes" \
            env -u CARGO_TARGET_DIR cargo install "$crate" --version "=$version" --root "$folder" "$@"
    fi
    export PATH=$folder/bin:$PATH
}

# The version of a crate in Cargo.lock.
locked_version() {
    awk -v name="name = \"$1\"" '$0 == name { getline; gsub(/[^0-9.]/, ""); print; exit }' Cargo.lock
}

# The command line of wasm-bindgen must be of the very version of the library.
need_wasm_bindgen() {
    need_cargo_tool wasm-bindgen-cli "$(locked_version wasm-bindgen)" wasm-bindgen 3
}

# Trunk takes wasm-bindgen and wasm-opt from the path when they are there in the right version.
need_page_tools() {
    need_rust
    need_node
    need_commands rsvg-convert=librsvg2-bin
    need_cargo_tool trunk "$TRUNK_VERSION" trunk 8 --locked
    need_wasm_bindgen
    need_cargo_tool wasm_split_cli_support "$WASM_SPLIT_VERSION" wasm-split-cli 2 --locked --features build-binary
    local binaryen=$TOOLS/binaryen-$BINARYEN_VERSION
    if [[ ! -e $binaryen/node_modules/.bin/wasm-opt ]]; then
        mkdir -p "$binaryen"
        quietly "Installing wasm-opt $BINARYEN_VERSION" \
            npm install --prefix "$binaryen" --no-audit --no-fund "binaryen@$BINARYEN_VERSION"
    fi
    export PATH=$binaryen/node_modules/.bin:$PATH
}

# Debian keeps PostgreSQL's programs off the path, in a folder for each version.
# What the documented ways to put the page on the web are tested with.
need_web_servers() { need_commands nginx=nginx-light caddy=caddy; }

need_postgres() {
    has initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || install_packages postgresql
}

# A program from PyPI in exactly one version, in an environment of its own: need_python_tool PACKAGE VERSION COMMAND
need_python_tool() {
    local folder=$TOOLS/$1-$2
    [[ -x $folder/bin/$3 ]] && return
    need_commands python3=python3
    python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv
    # Where it was not finished, it is begun anew.
    quietly "Making a Python environment for $1" python3 -m venv --clear "$folder"
    quietly "Installing $1 $2" "$folder/bin/python" -m pip install "$1==$2"
}

# What drives the station in its tests: Memfault's own command line.
need_memfault_cli() { need_python_tool memfault-cli "$MEMFAULT_CLI_VERSION" memfault; }

need_chromium() { need_commands chromium=chromium chromedriver=chromium-driver; }

# The other browser with serial ports, from version 151 on.
need_firefox() {
    need_commands firefox-esr=firefox-esr
    local version
    version=$(firefox-esr --version | grep --only-matching '[0-9]*' | head -n 1)
    ((version >= 151)) || fail "Firefox 151 or newer is needed; this is $version. Update it with: sudo apt-get install firefox-esr"
}

# What gives a real browser serial ports and USB devices without hardware.
need_ports() {
    need_commands umockdev-wrapper=umockdev cc=build-essential Xvfb=xvfb xdotool=xdotool dfu-util=dfu-util
    /usr/bin/python3 -c 'import gi; gi.require_version("UMockdev", "1.0")' 2>/dev/null ||
        install_packages python3-gi gir1.2-umockdev-1.0
    need_policies
}

# Lets pages of the tests' stations use serial ports and USB devices without asking. Policies are those of the whole
# machine, so they are files of their own beside those that others may have put there, and name only the ports of the tests.
need_policies() {
    local policy installed
    for policy in serial usb; do
        installed=/etc/chromium/policies/managed/fieldflash-e2e-$policy.json
        policy=tests/e2e/world/$policy-policy.json
        cmp -s "$policy" "$installed" && continue
        may_be_root || fail "A policy of Chromium's for the tests is missing. Put it there with: sudo install -D -m 644 $policy $installed"
        as_root install -D -m 644 "$policy" "$installed"
    done
}

need_e2e_modules() {
    local folder=tests/e2e
    [[ $folder/node_modules/.package-lock.json -nt $folder/package-lock.json ]] && return
    quietly "Installing the modules of the whole-system tests" npm ci --prefix "$folder" --no-audit --no-fund
}

# The last one that runs with Node.js 18; it brings no browser along, but drives the one that is there.
need_lighthouse() {
    local folder=$TOOLS/lighthouse-$LIGHTHOUSE_VERSION
    LIGHTHOUSE=$folder/node_modules/lighthouse
    [[ -e $folder/node_modules/.package-lock.json ]] && return
    mkdir -p "$folder"
    quietly "Installing Lighthouse $LIGHTHOUSE_VERSION" \
        npm install --prefix "$folder" --no-audit --no-fund "lighthouse@$LIGHTHOUSE_VERSION"
}

set_up_all() {
    need_page_tools
    need_commands cc=build-essential stm32flash=stm32flash
    need_web_servers
    need_postgres
    need_memfault_cli
    need_stm32loader
    need_chromium
    need_firefox
    need_ports
    need_e2e_modules
    say "Everything that is needed is here."
}
