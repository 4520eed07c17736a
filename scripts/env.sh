# shellcheck shell=bash
# To be sourced: `. scripts/env.sh`. Finds what scripts/setup.sh installed; sets variables, installs nothing.
#
# The Rust on PATH is used when it is new enough and can build for the browser, else Debian's in /usr/bin.
# That choice is made here and not in a rust-toolchain.toml: where rustup's proxies stand first on PATH, such a
# file makes every `cargo` ask for a download, and it cannot name a toolchain that rustup did not install.

staffel_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# at_least 1.96.0 1.89: is the first version the second or newer?
at_least() {
  printf '%s\n%s\n' "$2" "$1" | sort -CV
}

rust_version_asked() {
  sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' "$staffel_root/Cargo.toml"
}

# rust_fits RUSTC: new enough, and has a standard library for wasm32?
rust_fits() {
  local version sysroot
  version=$("$1" --version 2>/dev/null) || return 1
  version=${version#rustc }
  at_least "${version%% *}" "$(rust_version_asked)" || return 1
  sysroot=$("$1" --print sysroot 2>/dev/null) || return 1
  compgen -G "$sysroot/lib/rustlib/wasm32-unknown-unknown/lib/libcore-*.rlib" >/dev/null
}

if ! rust_fits rustc && rust_fits /usr/bin/rustc; then
  PATH=/usr/bin:$PATH
fi

# After all else: here lie cargo-leptos and wasm-bindgen, but also rustup's proxies. It has to be on PATH,
# since cargo itself looks there *before* PATH otherwise, and would run rustup's clippy under Debian's cargo.
staffel_cargo_bin=${CARGO_HOME:-${HOME:-}/.cargo}/bin
case ":$PATH:" in
  *":$staffel_cargo_bin:"*) ;;
  *) PATH=$PATH:$staffel_cargo_bin ;;
esac

# Before all else: Debian's wasm-opt 108 accepts our module and breaks it.
staffel_node_bin=$staffel_root/frontend/node_modules/.bin:$staffel_root/end2end/node_modules/.bin
case "$PATH" in
  "$staffel_node_bin":*) ;;
  *) PATH=$staffel_node_bin:$PATH ;;
esac
export PATH

# The scripts look for what was built in target, whatever a person's own cargo settings say.
export CARGO_TARGET_DIR=$staffel_root/target

# rustc's own allocator (jemalloc), with huge pages: an eighth less processor time. Who has said something of it is left alone.
export MALLOC_CONF=${MALLOC_CONF-thp:always,metadata_thp:always}

# Unset means: Playwright's own browser. The one without windows is the same browser for a third less work, but for
# notifications; who names a browser wants that one for everything.
if [ -z "${STAFFEL_CHROMIUM:-}" ] && staffel_chromium=$(command -v chromium); then
  export STAFFEL_CHROMIUM=$staffel_chromium
  if staffel_chromium=$(command -v chromium-headless-shell); then
    export STAFFEL_HEADLESS_CHROMIUM=$staffel_chromium
  fi
fi
