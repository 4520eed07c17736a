#!/usr/bin/env bash
# Makes a machine ready for the project. Safe to run again; touches nothing that is already right.
#
#   scripts/setup.sh build     what building and running needs
#   scripts/setup.sh test      that, and what the tests need (the default)
#   scripts/setup.sh assistants  that, and five coding assistants to try it with
#   scripts/setup.sh watch     what building and `cargo leptos watch` need
#   scripts/setup.sh rust      only Rust: the part that may need root, for building too
#   … --quiet                  say nothing when there was nothing to do
set -euo pipefail
cd "$(dirname "$0")/.."

cargo_leptos_version=0.3.11
cargo_leptos_needs_rust=1.95 # to be compiled with its own lock file
wasm_bindgen_version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p;}' Cargo.lock 2>/dev/null || true)
wasm_bindgen_version=${wasm_bindgen_version:-0.2.130}
node_least=20
python_least=3.10
debian_rust=(rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web lld-22)

scope='test'
quiet=
for argument in "$@"; do
  case $argument in
    build | test | assistants | watch | rust) scope=$argument ;;
    --quiet) quiet=yes ;;
    *)
      sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
      exit 2
      ;;
  esac
done

logs=target/setup
mkdir -p "$logs"
path_before=$PATH

# ---------------------------------------------------------------------------------------- saying and doing

say() { printf 'setup: %s\n' "$*"; }

duration() { # seconds, in words
  if [ "$1" -lt 60 ]; then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi
}

# fail STEP "what failed" "what to do" [LOG]
fail() {
  {
    printf '\nsetup stopped at: %s\n' "$1"
    printf '  what failed:  %s\n' "$2"
    if [ -n "${4:-}" ] && [ -s "$4" ]; then
      printf '  last words:\n'
      tail -n 6 "$4" | sed 's/^/    | /'
      printf '  whole log:    %s\n' "$4"
    fi
    printf '  what to do:   %s\n' "$3"
  } >&2
  exit 1
}

ticker=
stop_ticker() {
  if [ -n "$ticker" ]; then
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    ticker=
  fi
}
scratch=$(mktemp -d)
at_exit() {
  stop_ticker
  rm -rf "$scratch"
  # `sudo scripts/setup.sh rust` must not leave root's files in a person's target folder.
  if [ -n "${SUDO_UID:-}" ]; then
    chown "$SUDO_UID:${SUDO_GID:-}" target 2>/dev/null || true
    chown -R "$SUDO_UID:${SUDO_GID:-}" "$logs" 2>/dev/null || true
  fi
}
trap at_exit EXIT

# attempt STEP "what is being done" command…   → $status, $log. Not to be called in a condition:
# bash would switch off `set -e` inside the command.
attempt() {
  local step=$1 what=$2 began=$SECONDS
  shift 2
  touch "$scratch/changed"
  log=$logs/$step.log
  say "$what …"
  : >"$log"
  # A long silence looks like a hang. The sleep holds none of our files open, so that a reader of our output
  # does not wait for it once we are gone.
  while sleep 30 >/dev/null 2>&1 9>&- && kill -0 $$ 2>/dev/null; do
    say "  … $(duration $((SECONDS - began))): $(tail -n 1 "$log" | tr -cd '[:print:]' | cut -c 1-70)"
  done &
  ticker=$!
  set +e
  (
    set -e
    "$@"
  ) </dev/null >"$log" 2>&1
  status=$?
  set -e
  stop_ticker
  if [ $status = 0 ]; then
    say "  done in $(duration $((SECONDS - began)))"
  else
    say "  did not work (exit code $status after $(duration $((SECONDS - began))))"
  fi
}

# step STEP "what is being done" "what to do when it fails" command…
step() {
  local step=$1 what=$2 advice=$3
  shift 3
  attempt "$step" "$what" "$@"
  [ $status = 0 ] || fail "$step" "$what (exit code $status)" "$advice" "$log"
}

# together FUNCTION…: all at once, since most of it is waiting for what is fetched.
together() {
  local each job failed='' jobs=()
  for each; do
    "$each" &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job" || failed=yes; done
  [ -z "$failed" ] || exit 1
}

limit() { # limit SECONDS command…
  if command -v timeout >/dev/null; then timeout "$@"; else
    shift
    "$@"
  fi
}

use_env() {
  PATH=$path_before
  # shellcheck source=scripts/env.sh
  . scripts/env.sh
  unset CARGO_TARGET_DIR # what is compiled here is not the project
}

is_debian() { [ -r /etc/debian_version ] && command -v apt-get >/dev/null; }
is_root() { [ "$(id -u)" = 0 ]; }

debian_install() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q -o DPkg::Lock::Timeout=600 update
  apt-get -q -o DPkg::Lock::Timeout=600 install -y --no-install-recommends "$@"
}

debian_has() {
  local package
  is_debian || return 1
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || return 1
  done
}

# ------------------------------------------------------------------------------------------------- Rust

# Is there a Rust that works? If not, $why says what is missing.
rust_ready() {
  local version sysroot seen bin
  use_env
  if ! version=$(rustc -vV 2>/dev/null); then
    why="there is no working rustc on PATH"
    return 1
  fi
  rust=$(sed -n 's/^release: //p' <<<"$version")
  if ! at_least "$rust" "$(rust_version_asked)"; then
    why="rustc $rust is older than $(rust_version_asked)"
    return 1
  fi
  sysroot=$(rustc --print sysroot)
  # Once per compiler: an upgrade of rustc leaves a standard library that no longer fits.
  seen="$version $sysroot $(echo "$sysroot"/lib/rustlib/wasm32-unknown-unknown/lib/libcore-*)"
  [ "$seen" != "$(cat "$logs/rust.checked" 2>/dev/null)" ] || return 0
  if ! wasm_compiles rustc >"$logs/rust-check.log" 2>&1; then
    why="rustc $rust cannot build for wasm32-unknown-unknown ($logs/rust-check.log)"
    return 1
  fi
  # By path: for what is missing beside Debian's rustc, `cargo clippy` would find rustup's.
  bin=$(dirname "$(command -v rustc)")
  if ! { "$bin/cargo-clippy" --version && "$bin/cargo-fmt" --version && "$bin/rustfmt" --version; } >"$logs/rust-check.log" 2>&1; then
    why="clippy or rustfmt is missing for rustc $rust ($logs/rust-check.log)"
    return 1
  fi
  echo "$seen" >"$logs/rust.checked"
}

# With lto, since the release build has it: a standard library without bitcode compiles all else.
wasm_compiles() {
  echo '#[unsafe(no_mangle)] pub extern "C" fn f() { println!("{:?}", std::env::args()) }' |
    "$1" --edition 2024 --target wasm32-unknown-unknown --crate-type cdylib -C panic=abort -C lto=fat \
      -o "$scratch/check.wasm" -
}

# rustup_version PATH: the version of the rustc there, if that one is rustup's.
rustup_version() {
  local PATH=$1 rustc rustup version
  rustc=$(command -v rustc) && rustup=$(command -v rustup) && [ "${rustc%/*}" = "${rustup%/*}" ] || return 1
  version=$(rustc --version 2>/dev/null) || return 1
  version=${version#rustc }
  echo "${version%% *}"
}

rustup_add() {
  limit 120 rustup target add wasm32-unknown-unknown
  limit 120 rustup component add clippy rustfmt
}

# Debian has no wasm32 standard library for this rustc, but its source.
debian_wasm_std() {
  local host out
  host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
  mkdir -p "/usr/lib/rustlib/$host/bin"
  ln -sfn /usr/lib/llvm-22/bin/lld "/usr/lib/rustlib/$host/bin/rust-lld" # the linker that rustc asks for

  export PATH=/usr/bin:$PATH
  unset RUSTC RUSTC_WRAPPER RUSTUP_TOOLCHAIN CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET CARGO_BUILD_TARGET_DIR
  /usr/bin/cargo init -q --vcs none --lib --name stub "$scratch/stub"
  # The bitcode is what `lto` needs. RUSTC_BOOTSTRAP allows -Zbuild-std, here and nowhere else.
  (
    cd "$scratch/stub"
    RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes CARGO_PROFILE_RELEASE_OPT_LEVEL=s \
      /usr/bin/cargo build -q --release -Zbuild-std=std,panic_abort --target wasm32-unknown-unknown
  )
  out=$scratch/stub/target/wasm32-unknown-unknown/release/deps
  rm -f "$out"/libstub-*.rlib

  rm -rf /usr/lib/rustlib/wasm32-unknown-unknown.new
  install -Dm644 -t /usr/lib/rustlib/wasm32-unknown-unknown.new/lib "$out"/lib*.rlib
  rm -rf /usr/lib/rustlib/wasm32-unknown-unknown # two copies of core in one folder are an error
  mv /usr/lib/rustlib/wasm32-unknown-unknown.new /usr/lib/rustlib/wasm32-unknown-unknown
  wasm_compiles /usr/bin/rustc
  rm -rf target/front # cargo does not notice the new std: "can't find crate"
}

# cargo keeps what it fetches there, and its locks.
setup_cargo_home() {
  local folder=${CARGO_HOME:-${HOME:-}/.cargo}
  mkdir -p "$folder" 2>/dev/null || true
  [ -w "$folder" ] ||
    fail "cargo's folder" "$folder cannot be written" "name a folder of your own: export CARGO_HOME=/path/to/a/folder"
}

setup_linker() {
  command -v cc >/dev/null && return
  if is_debian && is_root; then
    step cc "installing Debian's C compiler" "read the log" debian_install gcc libc6-dev
  fi
  command -v cc >/dev/null ||
    fail "C compiler" "Rust links with cc, and there is none on PATH" "install one (Debian: sudo apt-get install gcc libc6-dev)"
}

setup_rust() {
  local own least
  rust_ready && return
  say "Rust: $why"

  # The toolchain that a person chose comes first, as long as it can build all that is needed; but where
  # Debian's is installed, that one only has to be mended.
  own=$(rustup_version "$path_before" || true)
  least=$(rust_version_asked)
  if [ "$scope" = watch ] && ! cargo_leptos_ready && ! command -v cargo-binstall >/dev/null; then least=$cargo_leptos_needs_rust; fi
  if [ -n "$own" ] && at_least "$own" "$least" && ! debian_has "${debian_rust[@]}"; then
    attempt rustup "adding the wasm32 target, clippy and rustfmt to rustc $own with rustup" rustup_add
    rust_ready && return
    say "Rust: $why"
  fi

  if ! is_debian; then
    fail Rust "$why" "install Rust $least or newer, for example with rustup: rustup update && rustup target add wasm32-unknown-unknown && rustup component add clippy rustfmt"
  elif ! is_root; then
    fail Rust "$why" "with rustup: rustup update && rustup target add wasm32-unknown-unknown && rustup component add clippy rustfmt. Or let this script install Debian's Rust, once, as root: sudo scripts/setup.sh rust"
  fi
  if ! debian_has "${debian_rust[@]}"; then
    step debian-rust "installing Debian's Rust: ${debian_rust[*]} (a minute)" \
      "read the log; where this Debian has no rustc-web, install Rust $least or newer with the wasm32-unknown-unknown target another way" \
      debian_install "${debian_rust[@]}"
  fi
  rust_ready && return
  step debian-wasm-std "compiling Debian's standard library for wasm32, once (a minute on 2 cores)" \
    "read the log; then run scripts/setup.sh rust again" \
    debian_wasm_std
  rust_ready || fail Rust "$why" "see which rustc comes first on PATH: type -a rustc"
}

# ---------------------------------------------------------------------------------------------- cargo tools

cargo_leptos_ready() { [ "$(cargo-leptos --version 2>/dev/null)" = "cargo-leptos $cargo_leptos_version" ]; }
wasm_bindgen_ready() { [ "$(wasm-bindgen --version 2>/dev/null)" = "wasm-bindgen $wasm_bindgen_version" ]; }

# An interrupted installation goes on where it stopped. Build tools need no optimising: with its own profile
# cargo-leptos takes 25 minutes on 2 cores, with this one 12.
cargo_install() {
  CARGO_TARGET_DIR=$PWD/target/tools CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    CARGO_PROFILE_RELEASE_OPT_LEVEL=1 cargo install "$@"
  rm -rf target/tools
}

# cargo_tool CRATE VERSION READY "how long" cargo install's arguments…
cargo_tool() {
  local crate=$1 version=$2 ready=$3 long=$4 binary=${1%-cli} found
  shift 4
  "$ready" && return
  if command -v cargo-binstall >/dev/null; then
    attempt "$crate" "fetching $crate $version with cargo binstall" \
      limit 180 cargo binstall --no-confirm --disable-strategies compile "$crate@$version"
    "$ready" && return
  fi
  found=$("$binary" --version 2>/dev/null || true)
  step "$crate" "compiling $crate $version${found:+, which replaces $found} ($long on 2 cores)" \
    "read the log, mend what it says, run this script again: it goes on where it stopped" \
    cargo_install "$crate" --version "$version" "$@"
  "$ready" || fail "$crate" \
    "$crate $version is installed, but \"$binary\" on PATH is $(command -v "$binary" || echo nowhere): $("$binary" --version 2>&1 || true)" \
    "remove that file, or put cargo's bin folder before it on PATH"
}

setup_cargo_tools() {
  local lock=()
  # Older compilers may not build what its lock file names. A crate in it asks for a newer one than it needs.
  if at_least "$rust" "$cargo_leptos_needs_rust"; then
    lock=(--locked --ignore-rust-version)
  else
    export CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS=fallback
  fi
  # Without the feature it fetches missing tools itself, and hangs where it cannot.
  cargo_tool cargo-leptos "$cargo_leptos_version" cargo_leptos_ready "12 minutes" --features no_downloads ${lock[@]+"${lock[@]}"}
  # Without --locked: its lock file may name a version that was withdrawn.
  cargo_tool wasm-bindgen-cli "$wasm_bindgen_version" wasm_bindgen_ready "4 minutes" --no-default-features
}

# ------------------------------------------------------------------------------------------------ npm, Python

npm_install() {
  cd "$1"
  # node_modules may hold a node of its own, and npm is about to delete it.
  PATH=$(tr : '\n' <<<"$PATH" | grep -vxF "$PWD/node_modules/.bin" | paste -sd : -)
  npm ci --no-audit --no-fund
  # A program may come by an install script, which npm may have been told not to run.
  shift
  for program; do "node_modules/.bin/$program" --version; done
  cp package-lock.json node_modules/.installed-lock.json
}

# npm_packages FOLDER "what is in it (how long)" PROGRAM…: the programs have to run afterwards.
npm_packages() {
  local folder=$1 what=$2
  shift 2
  [ -f "$folder/package-lock.json" ] ||
    fail npm "$folder/package-lock.json is missing" "restore the file: it names the versions"
  cmp -s "$folder/package-lock.json" "$folder/node_modules/.installed-lock.json" && return
  step "npm-${folder//\//-}" "installing the npm packages of $folder: $what" \
    "read the log; for packages that cannot be found, see that npm works: npm ping; for a program that is missing, let npm run install scripts: npm config get ignore-scripts" \
    npm_install "$folder" "$@"
}

# Not with `npm ci`: a lock file that is made on one platform lacks what these packages are on the others. The versions of the
# assistants stand in package.json, exactly.
npm_assistants() {
  local folder=end2end/assistants
  cmp -s "$folder/package.json" "$folder/node_modules/.installed.json" && return
  step npm-assistants "installing five coding assistants (1.4 GB, a minute)" "read the log; see that npm works: npm ping" \
    assistants_install "$folder"
}

assistants_install() {
  cd "$1"
  npm install --no-audit --no-fund --no-package-lock
  cp package.json node_modules/.installed.json
}

setup_node() {
  local version
  version=$(node --version 2>/dev/null || true)
  if [ -z "$version" ] || ! at_least "${version#v}" "$node_least" || ! command -v npm >/dev/null; then
    fail Node "Node.js $node_least or newer with npm is needed; found: ${version:-none}" "install it, so that node and npm are on PATH"
  fi
}

# The first Python with all that a venv needs: on Debian, /usr/bin/python3 often comes without.
find_python() {
  local python
  while read -r python; do
    if "$python" -c "import sys, venv, ensurepip; sys.exit(sys.version_info < (${python_least/./, }))" 2>/dev/null; then
      echo "$python"
      return
    fi
  done < <(type -ap python3 python)
  return 1
}

# venv_install PYTHON FOLDER REQUIREMENTS
venv_install() {
  rm -rf "$2"
  "$1" -m venv "$2"
  "$2/bin/python" -m pip install --disable-pip-version-check -r "$3"
  cp "$3" "$2/installed.txt"
}

setup_python() {
  if ! find_python >/dev/null && is_debian && is_root; then
    step debian-python "installing Debian's Python" "read the log" debian_install python3 python3-venv
  fi
  python=$(find_python) ||
    fail Python "there is no Python $python_least or newer with venv and pip" "install it (Debian: sudo apt-get install python3-venv)"
}

# setup_venv STEP FOLDER REQUIREMENTS "what is in it"
setup_venv() {
  local step=$1 folder=$2 wanted=$3 what=$4
  [ -f "$wanted" ] || fail Python "$wanted is missing" "restore the file: it names what the tests need"
  cmp -s "$wanted" "$folder/installed.txt" && "$folder/bin/python" -c '' 2>/dev/null && return
  step "$step" "installing $what into $folder (seconds)" "read the log" venv_install "$python" "$folder" "$wanted"
}

venv() { setup_venv python target/venv end2end/mcp-python/requirements.txt "the Python packages of the tests"; }
venv_tools() { setup_venv python-tools target/venv-tools end2end/interop/requirements.txt "a bridge and the checkers of the tests"; }
test_tools() { npm_packages end2end "the test tools and their Node (half a minute)" node playwright; }

# --------------------------------------------------------------------------------------------------- browser

browser_ready() {
  use_env
  if [ -n "${STAFFEL_CHROMIUM:-}" ]; then
    browser=$STAFFEL_CHROMIUM
  else
    browser=$(cd end2end && node -p 'require("playwright-core").chromium.executablePath()' 2>/dev/null) || return 1
  fi
  [ -x "$browser" ]
}

playwright_install() {
  cd end2end
  PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT=10000 limit 600 playwright install chromium
}

setup_browser() {
  browser_ready && return
  if [ -n "${STAFFEL_CHROMIUM:-}" ]; then
    fail browser "STAFFEL_CHROMIUM=$STAFFEL_CHROMIUM is not a program" "set it to a Chromium, or unset it"
  fi
  # Debian's comes with the libraries it needs; Playwright's own needs them to be there.
  if is_debian && is_root; then
    attempt chromium "installing Debian's Chromium for the tests (a minute)" \
      debian_install chromium chromium-headless-shell fonts-dejavu-core fonts-noto-color-emoji
    # An older Debian has no package of the one without windows.
    [ $status = 0 ] || attempt chromium "installing Debian's Chromium alone" \
      debian_install chromium fonts-dejavu-core fonts-noto-color-emoji
    browser_ready && return
  fi
  step playwright "fetching Playwright's own Chromium for the tests (a minute or two)" \
    "install a Chromium (Debian: sudo apt-get install chromium), or set STAFFEL_CHROMIUM to one" playwright_install
  browser_ready || fail browser "Playwright's Chromium is not where it should be: ${browser:-nowhere}" "set STAFFEL_CHROMIUM to a Chromium"
}

postgres_ready() {
  command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

debian_postgres() {
  # The tests start their own: Debian's package would begin one for the whole machine.
  mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  debian_install postgresql
}

setup_postgres() {
  postgres_ready && return
  if is_debian && is_root; then
    step postgres "installing Debian's PostgreSQL for the tests" "read the log" debian_postgres
  fi
  postgres_ready || fail PostgreSQL "there is no PostgreSQL server for the tests" \
    "install one (Debian: sudo apt-get install postgresql); it need not run"
}

debian_nginx() {
  # Installed for its program alone: nothing is to listen on port 80.
  local policy=/usr/sbin/policy-rc.d own=
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
    own=yes
  fi
  debian_install nginx-light
  [ -z "$own" ] || rm $policy
}

# Without it the tests of nodes behind it, and of a proxy, are skipped.
setup_nginx() {
  [ -x /usr/sbin/nginx ] || [ -x /usr/local/bin/nginx ] && return
  if is_debian && is_root; then attempt nginx "installing Debian's nginx for the tests" debian_nginx; fi
}

# ------------------------------------------------------------------------------------------------------- all

if command -v flock >/dev/null; then
  exec 9>"$logs/lock"
  if ! flock -n 9; then
    say "another setup is at work here; waiting for it"
    flock 9
  fi
fi

setup_linker
setup_cargo_home
setup_rust
found="rustc $rust ($(command -v rustc))"
if [ "$scope" != rust ]; then
  setup_node
  npm_packages frontend "wasm-opt and esbuild (seconds)" wasm-opt esbuild
  found+=", node $(node --version)"
fi
if [ "$scope" = watch ]; then
  setup_cargo_tools
  found+=", cargo-leptos $cargo_leptos_version, wasm-bindgen $wasm_bindgen_version"
fi
if [ "$scope" = test ] || [ "$scope" = assistants ]; then
  setup_python
  together test_tools venv venv_tools
  setup_browser
  setup_postgres
  setup_nginx
  found+=", Python tests in target/venv and target/venv-tools, browser $browser"
fi
if [ "$scope" = assistants ]; then
  # Not run here to see whether they start: they would find the home folder of whoever installs them.
  npm_assistants
  found+=", assistants in end2end/assistants"
fi

if [ -e "$scratch/changed" ]; then
  say "ready after $(duration $SECONDS): $found"
elif [ -z "$quiet" ]; then
  say "everything is in place: $found"
fi
