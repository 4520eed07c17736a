#!/usr/bin/env bash
# scripts/install.sh PROGRAM PREFIX: puts the program into PREFIX/bin.
set -euo pipefail
cd "$(dirname "$0")/.."

program=$1
prefix=$2
bin=$prefix/bin

fail() {
  printf 'install: %s\n' "$*" >&2
  exit 1
}

case $prefix in
  /*) ;;
  *) fail "PREFIX=$prefix is no absolute path. For example: make install PREFIX=$HOME/.local" ;;
esac
if ! mkdir -p "$bin" 2>/dev/null || [ ! -w "$bin" ]; then
  fail "$bin cannot be written. Choose a folder of your own: make install PREFIX=$HOME/.local; or as root: sudo install -m755 $program $bin/"
fi
# Beside it first, then in one step: a server that runs from there keeps its own file, and nobody sees half a program.
new=$bin/.staffel.new
trap 'rm -f "$new"' EXIT
install -m755 "$program" "$new" || fail "there is no room for the program in $bin: $(df -h "$bin" | tail -n 1)"
mv -f "$new" "$bin/staffel"
echo "installed: $bin/staffel, $("$bin/staffel" --version)"
case ":$PATH:" in
  *":$bin:"*) ;;
  *) echo "$bin is not on your PATH yet: export PATH=\"$bin:\$PATH\"" ;;
esac
