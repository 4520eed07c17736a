#!/usr/bin/env bash
# scripts/build.sh [PROFILE]: builds the program, one file with the board inside. Does nothing when nothing has changed.
#
#   dev      target/staffel, the default: the server is compiled quickly, to try, to develop and to test
#   release  target/release/staffel: the server is optimised, to install and to measure
#
#   frontend ─cargo→ WASM ─bundler→ parts of it, and JS ─wasm-opt, esbuild→ ┐
#   style ─esbuild→ one style sheet ────────────────────────────────────────┤→ target/board ─┐
#   the server's library, at the same time ──────────────────────────────────────────────────┴→ the program
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

profile=${1:-dev}
case $profile in
  dev)
    program=target/staffel
    server=(--locked -p server --features test-util) # as in `make unit`, which finds it compiled then
    ;;
  release)
    program=target/release/staffel
    server=(--locked -p server --release)
    ;;
  *)
    echo "build: $profile is no profile: dev or release" >&2
    exit 2
    ;;
esac

board=target/board
state=target/build # what was built, of which files, and the log of what has no place on the screen
bundled=(Cargo.toml Cargo.lock .cargo app bundler domain frontend protocol style scripts/build.sh scripts/compress.mjs)
compiled=("${bundled[@]}" allocator cli server)

# The commit, for `staffel --version`; nothing where there is no repository.
commit() {
  local head
  head=$(git rev-parse --short=9 HEAD 2>/dev/null) || return 0
  if [ -n "$(git status --porcelain --untracked-files=no 2>/dev/null)" ]; then head+=-modified; fi
  echo "$head"
}

settings() {
  rustc --version
  env | grep -E '^(CARGO_PROFILE_|CARGO_ENCODED_RUSTFLAGS=|RUSTFLAGS=)' | LC_ALL=C sort || true
}

# is_fresh NAME OUTPUT "settings" FILES…: was it built of these files as they are?
is_fresh() {
  local begun=$state/$1.begun finished=$state/$1.finished output=$2 settings=$3 file sources=()
  shift 3
  [ -e "$output" ] && [ -f "$begun" ] && [ -f "$finished" ] || return 1
  [ "$(cat "$finished")" = "$settings" ] || return 1
  for file; do if [ -e "$file" ]; then sources+=("$file"); fi; done
  # Folders count too: their time tells of a file that was removed.
  [ -z "$(find "${sources[@]}" -name node_modules -prune -o -newer "$begun" -print -quit)" ] || return 1
  # Somebody else wrote it: `cargo build --release` puts a program without the board there.
  [ -z "$(find "$output" -newer "$finished" -print -quit)" ]
}

# begin NAME: what is edited while the build runs is newer, and built next time.
begin() {
  rm -f "$state/$1.finished"
  touch "$state/$1.begun"
}

say() { printf 'build: %s\n' "$*"; }

wasm() {
  cargo build --locked -p frontend --lib --target wasm32-unknown-unknown --profile wasm-release --target-dir target/front
}

bundle() {
  local new=target/board.new module opt optimising=()
  say 'bundling the board'
  rm -rf $new
  mkdir -p $new/pkg
  target/debug/bundler target/front/wasm32-unknown-unknown/wasm-release/frontend.wasm $new/pkg
  for module in $new/pkg/*.wasm; do
    # No more than this: `-Oz` makes files a tenth smaller of which brotli makes no less, and takes four times as long.
    # Nothing lies in the lowest 1,024 bytes of memory: there the stack ends.
    # In the order of the names that the bundler gave, what is alike stands together, and brotli makes less of it.
    wasm-opt -O1 --shrink-level=1 --low-memory-unused --reorder-functions-by-name \
      --enable-bulk-memory --enable-nontrapping-float-to-int "$module" -o "$module" 8>&- &
    optimising+=($!)
  done
  jobs+=("${optimising[@]}")
  for opt in "${optimising[@]}"; do wait "$opt"; done
  esbuild --log-level=warning --minify --allow-overwrite $new/pkg/*.js --outdir=$new/pkg
  # The first versions with `light-dark`, and with it all else that the style sheet uses.
  esbuild --log-level=warning --bundle --minify --target=chrome123,firefox120,safari17.5 style/main.css --outfile=$new/pkg/staffel.css
  cp -R style/assets/. $new
  node scripts/compress.mjs $new
  rm -rf $board
  mv $new $board
}

mkdir -p $state
if command -v flock >/dev/null; then
  exec 8>$state/lock
  if ! flock -n 8; then
    say 'another build is at work here; waiting for it'
    flock 8
  fi
fi
if is_fresh "$profile" $program "$(settings; commit)" "${compiled[@]}"; then
  exit
fi

jobs=()
at_end() {
  local status=$?
  [ ${#jobs[@]} = 0 ] || kill "${jobs[@]}" 2>/dev/null || true
  [ $status != 0 ] || return
  {
    printf '\nbuild: it stopped with exit code %d; the words above say why.\n' $status
    if [ "$(df -Pk target | awk 'NR == 2 { print $4 }')" -lt 200000 ]; then
      echo "build: the disk that holds $PWD/target is full: free some space (a build takes about 4 GB)."
    fi
    echo 'build: once that is mended, the same command goes on where it stopped.'
  } >&2
}
trap at_end EXIT

if [ ! -x $program ]; then
  say 'the first time takes 10 minutes or more on 2 cores, and a release twice as long; from then on seconds'
fi
begin "$profile"
if is_fresh board $board "$(settings)" "${bundled[@]}"; then
  cargo build "${server[@]}" --lib
else
  begin board
  say "compiling the board, to $state/board.log, and the server"
  # The server comes first: it takes longer, and compiles one crate after the other in the end, beside which this goes on.
  nice -n 4 "$BASH" -c "$(declare -f wasm); wasm" >$state/board.log 2>&1 8>&- &
  jobs+=($!)
  cargo build --locked -p bundler
  cargo build "${server[@]}" --lib 8>&- &
  jobs+=($!)
  wait "${jobs[0]}" || {
    cat $state/board.log >&2
    exit 1
  }
  bundle
  settings >$state/board.finished
  wait "${jobs[1]}"
  jobs=()
fi
STAFFEL_SITE=$PWD/$board STAFFEL_COMMIT=$(commit) cargo rustc "${server[@]}" --bin staffel -- --cfg embedded_site
if [ "$profile" = dev ]; then
  # Away from where the tests of cargo put a program without the board; in one step, since one may be running.
  cp target/debug/staffel $program.new
  mv -f $program.new $program
fi
{
  settings
  commit
} >"$state/$profile.finished"
