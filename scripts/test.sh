#!/usr/bin/env bash
# Runs the stages named (`make test` names all of them), one after the other, and stops at the first that fails.
# .ci/run reads the headlines.
set -euo pipefail
cd "$(dirname "$0")/.."

number=0
for stage in "$@"; do
  number=$((number + 1))
  began=$SECONDS
  printf '\n==> %s (%d of %d)\n' "$stage" $number $#
  if ! "${MAKE:-make}" "$stage" ARGS= </dev/null; then
    printf '\n==> failed: %s, after %d s; to run it alone: make %s\n' "$stage" $((SECONDS - began)) "$stage" >&2
    exit 1
  fi
  printf '==> %s took %d s\n' "$stage" $((SECONDS - began))
done
printf '\n==> all %d stages passed in %d min %d s\n' $# $((SECONDS / 60)) $((SECONDS % 60))
