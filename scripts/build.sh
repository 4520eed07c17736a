#!/usr/bin/env bash
# Builds the release: target/release/staffel, one file with the board inside. Does nothing when nothing has changed.
#
#   frontend ─cargo→ WASM ─bundler→ parts of it, and JS ─wasm-opt, esbuild→ ┐
#   style ─esbuild→ one style sheet ────────────────────────────────────────┤→ target/release/site ─┐
#   server's library, at the same time: the two fill each other's pauses ───────────────────────────┴→ target/release/staffel
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

binary=target/release/staffel
site=target/release/site
begun=target/staffel-build.begun
finished=target/staffel-build.finished # holds what the build depended on beside its files
log=target/staffel-build.log           # of the server's half, until it is shown

sources=()
for path in Cargo.toml Cargo.lock .cargo app bundler cli domain frontend protocol server style scripts/build.sh scripts/compress.mjs; do
  if [ -e "$path" ]; then sources+=("$path"); fi
done

# The commit, for `staffel --version`; nothing where there is no repository.
commit() {
  local head
  head=$(git rev-parse --short=9 HEAD 2>/dev/null) || return 0
  if [ -n "$(git status --porcelain --untracked-files=no 2>/dev/null)" ]; then head+=-modified; fi
  echo "$head"
}

surroundings() {
  rustc --version
  commit
  env | grep -E '^(CARGO_PROFILE_|CARGO_ENCODED_RUSTFLAGS=|RUSTFLAGS=)' | LC_ALL=C sort || true
}

is_fresh() {
  [ -x $binary ] && [ -f $begun ] && [ -f $finished ] || return 1
  [ "$(cat $finished)" = "$(surroundings)" ] || return 1
  # Folders count too: their time tells of a file that was removed.
  [ -z "$(find "${sources[@]}" -name node_modules -prune -o -newer $begun -print -quit)" ] || return 1
  # `cargo build --release` puts a program without the board there.
  [ -z "$(find $binary -newer $finished -print -quit)" ]
}

say() { printf 'build: %s\n' "$*"; }

# The site that a browser loads, into $site.
site() {
  local new=target/release/site.new module
  # Not in target/release, which the server's build holds.
  nice cargo build --locked -p bundler
  nice cargo build --locked -p frontend --lib --target wasm32-unknown-unknown --profile wasm-release --target-dir target/front
  say 'bundling the board'
  rm -rf $new
  mkdir -p $new/pkg
  target/debug/bundler target/front/wasm32-unknown-unknown/wasm-release/frontend.wasm $new/pkg
  for module in $new/pkg/*.wasm; do
    # In the order of the names that the bundler gave, what is alike stands together, and brotli makes less of it.
    wasm-opt --flatten --rereloop -Oz -Oz --reorder-functions-by-name --enable-bulk-memory --enable-nontrapping-float-to-int \
      "$module" -o "$module"
  done
  esbuild --log-level=warning --minify --allow-overwrite $new/pkg/*.js --outdir=$new/pkg
  # The first versions with `light-dark`, and with it all else that the style sheet uses.
  esbuild --log-level=warning --bundle --minify --target=chrome123,firefox120,safari17.5 style/main.css --outfile=$new/pkg/staffel.css
  cp -R style/assets/. $new
  node scripts/compress.mjs $new
  rm -rf $site
  mv $new $site
}

mkdir -p target/release
if command -v flock >/dev/null; then
  exec 8>target/staffel-build.lock
  if ! flock -n 8; then
    say 'another build is at work here; waiting for it'
    flock 8
  fi
fi
if is_fresh; then
  exit
fi
if [ ! -x $binary ]; then
  say 'building the release; the first time takes about 6 minutes on 2 cores'
fi
rm -f $finished
touch $begun # what is edited while the build runs is newer, and built next time

at_end() {
  local status=$?
  kill "$library" 2>/dev/null || true
  [ $status != 0 ] || return
  {
    printf '\nbuild: it stopped with exit code %d; the words above say why.\n' $status
    if [ "$(df -Pk target | awk 'NR == 2 { print $4 }')" -lt 200000 ]; then
      echo "build: the disk that holds $PWD/target is full: free some space (a build takes about 4 GB)."
    fi
    echo 'build: once that is mended, the same command goes on where it stopped.'
  } >&2
}
cargo build --locked --release -p server --lib >$log 2>&1 8>&- &
library=$!
trap at_end EXIT
# The server's library is the longest way, and one long crate at its end uses one core: it goes first, and the board
# takes what is left.
site
say 'waiting for the server'
wait $library || {
  cat $log >&2
  exit 1
}
STAFFEL_SITE=$PWD/$site STAFFEL_COMMIT=$(commit) \
  cargo rustc --locked --release -p server --bin staffel -- --cfg embedded_site
surroundings >$finished
