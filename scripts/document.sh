#!/usr/bin/env bash
# scripts/document.sh ARGUMENTS…: rustdoc, for `cargo test --doc`, which calls it to run the examples of a crate. This
# writes the crate's documentation to target/doc instead, of what is compiled already; there are no examples to run.
# A broken link or any other warning is an error.
set -euo pipefail

arguments=(--document-private-items --out-dir "$CARGO_TARGET_DIR/doc" -D warnings -A rustdoc::private-intra-doc-links)
while [ $# -gt 0 ]; do
  case $1 in
    --test) ;;
    --test-run-directory | --test-runtool | --test-runtool-arg | --test-args) shift ;;
    *) arguments+=("$1") ;;
  esac
  shift
done
exec rustdoc "${arguments[@]}"
