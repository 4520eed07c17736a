#!/usr/bin/env bash
# Builds the release: target/release/staffel and target/site, with compressed files beside the plain ones.
# Does nothing when nothing has changed: cargo-leptos itself would run wasm-bindgen, wasm-opt and brotli anew.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

binary=target/release/staffel
begun=target/staffel-build.begun
finished=target/staffel-build.finished # holds what the build depended on beside its files

sources=()
for path in Cargo.toml Cargo.lock .cargo app cli domain frontend protocol server style; do
  if [ -e "$path" ]; then sources+=("$path"); fi
done

surroundings() {
  rustc --version
  cargo-leptos --version
  env | grep -E '^(LEPTOS_|CARGO_PROFILE_|CARGO_ENCODED_RUSTFLAGS=|RUSTFLAGS=)' | LC_ALL=C sort || true
}

is_fresh() {
  [ -x "$binary" ] && [ -d target/site ] && [ -f "$begun" ] && [ -f "$finished" ] || return 1
  [ "$(cat "$finished")" = "$(surroundings)" ] || return 1
  # Folders count too: their time tells of a file that was removed.
  [ -z "$(find "${sources[@]}" -newer "$begun" -print -quit)" ] || return 1
  # `cargo leptos watch` puts its debug build into the same site folder.
  [ -z "$(find "$binary" target/site -newer "$finished" -print -quit)" ] || return 1
  compgen -G 'target/site/pkg/staffel*.wasm.br' >/dev/null
}

if is_fresh; then
  exit
fi
if [ ! -x "$binary" ]; then
  echo 'building the release; the first time takes about 6 minutes on 2 cores'
fi
rm -f "$finished"
mkdir -p target
touch "$begun" # what is edited while the build runs is newer, and built next time
cargo leptos build --release -P
surroundings >"$finished"
