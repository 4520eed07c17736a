#!/usr/bin/env bash
# Prints the size of the page's WASM, and fails when what a browser downloads grows past a limit: the part that every page
# waits for, and all parts together.
set -euo pipefail
cd "$(dirname "$0")/.."

# bytes, compressed with brotli. Nobody waits for all of it: the rest is loaded while the first page is read.
first_limit=190000
all_limit=490000

shopt -s nullglob
first=target/board/pkg/staffel.wasm
parts=(target/board/pkg/*.wasm)
if [ ! -f $first ]; then
  echo "wasm-size: $first is missing; run \`make build\`" >&2
  exit 1
fi

brotli_bytes() {
  if [ -f "$1.br" ] && [ ! "$1" -nt "$1.br" ]; then
    wc -c <"$1.br" # what is served
  elif command -v brotli >/dev/null; then
    brotli --best --stdout "$1" | wc -c
  else
    node -e 'const fs = require("fs"), zlib = require("zlib");
      console.log(zlib.brotliCompressSync(fs.readFileSync(process.argv[1])).length)' "$1"
  fi
}

all=0
failed=0
for wasm in "${parts[@]}"; do
  brotli=$(brotli_bytes "$wasm")
  all=$((all + brotli))
  limit=
  if [ "$wasm" = $first ]; then
    limit=" (limit $first_limit)"
    if [ "$brotli" -gt $first_limit ]; then
      echo "wasm-size: $wasm is $((brotli - first_limit)) bytes over the limit" >&2
      failed=1
    fi
  fi
  echo "$wasm: $(wc -c <"$wasm") bytes, $(gzip -9 -c "$wasm" | wc -c) with gzip, $brotli with brotli$limit"
done
echo "all parts: $all with brotli (limit $all_limit)"
if [ "$all" -gt $all_limit ]; then
  echo "wasm-size: all parts are $((all - all_limit)) bytes over the limit" >&2
  failed=1
fi
exit $failed
