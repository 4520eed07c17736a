#!/usr/bin/env bash
# Prints the size of the page's WASM, and fails when what a browser downloads grows past the limit.
set -euo pipefail
cd "$(dirname "$0")/.."

# bytes, compressed with brotli. It was 250000 before texts of two languages, pages of handovers and prompts, and a
# review that is safe from stray keys, and 275000 before lists, the archive, search and one stream for all tabs; what only
# some pages need is to load with them.
limit=310000

shopt -s nullglob
found=(target/site/pkg/staffel*.wasm) # one; the name carries a hash when LEPTOS_HASH_FILES is on
if [ ${#found[@]} != 1 ]; then
  echo "wasm-size: expected one target/site/pkg/staffel*.wasm, found ${#found[@]}; run \`make build\`" >&2
  exit 1
fi
wasm=${found[0]}

brotli_bytes() {
  if [ -f "$wasm.br" ] && [ ! "$wasm" -nt "$wasm.br" ]; then
    wc -c <"$wasm.br" # what is served
  elif command -v brotli >/dev/null; then
    brotli --best --stdout "$wasm" | wc -c
  else
    node -e 'const fs = require("fs"), zlib = require("zlib");
      console.log(zlib.brotliCompressSync(fs.readFileSync(process.argv[1])).length)' "$wasm"
  fi
}

raw=$(wc -c <"$wasm")
gzip=$(gzip -9 -c "$wasm" | wc -c)
brotli=$(brotli_bytes)
echo "$wasm: $raw bytes, $gzip with gzip, $brotli with brotli (limit $limit)"
if [ "$brotli" -gt $limit ]; then
  echo "wasm-size: $((brotli - limit)) bytes over the limit" >&2
  exit 1
fi
