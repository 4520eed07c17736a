#!/usr/bin/env bash
# Measures this build beside its peers, in one go, and prints a table: see bench/README.md.
# bench/run.sh [--quick]     --quick: few subscribers and messages, to see that everything works
# STAFFEL_BIN: the program to measure, instead of target/release/staffel or target/debug/staffel
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

say() { echo "bench: $*" >&2; }
fail() {
  say "$*"
  exit 1
}

# subscribers, idle ms, messages, those of the poll loops, window, burst, that of better-sse, repetitions
full=(1000 3000 200 12 64 3000 400 2)
quick=(200 1000 20 3 16 320 100 1)
case "${1-}" in
  '') set -- "${full[@]}" ;;
  --quick) set -- "${quick[@]}" ;;
  *) fail "unknown argument: $1; usage: bench/run.sh [--quick]" ;;
esac
subscribers=$1 idle=$2 messages=$3 poll_messages=$4 window=$5 burst=$6 peer_burst=$7 repetitions=$8

work=target/bench
venv=target/bench-venv
mkdir -p $work
exec 9>$work/lock
if command -v flock >/dev/null && ! flock -n 9; then fail "another bench/run.sh is at work here"; fi
payload=$work/payload.json
results=$work/results.jsonl
load=$work/release/load

staffel=${STAFFEL_BIN:-}
if [ -z "$staffel" ]; then
  for staffel in target/release/staffel target/debug/staffel; do
    if [ -x $staffel ]; then break; fi
  done
fi
[ -x "$staffel" ] || fail "there is no program to measure; run: make build"
if [[ $staffel == */debug/* ]]; then say "this measures a debug build: its figures say nothing about a release"; fi
# What a person has set for their own server is not measured.
# shellcheck disable=SC2086
unset ${!STAFFEL_*}

# ------------------------------------------------------------------------------------------- what is missing

find_python() {
  local python
  while read -r python; do
    if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
      echo "$python"
      return
    fi
  done < <(type -ap python3 python)
  return 1
}

# logged NAME COMMAND…: its output is of interest only when it fails.
logged() {
  local log=$work/$1.log
  shift
  "$@" >"$log" 2>&1 9>&- || {
    tail -n 20 "$log" >&2
    fail "that failed; the whole log is $log"
  }
}

install_node() {
  cd bench/node
  npm ci --no-audit --no-fund
  cp package-lock.json node_modules/.installed-lock.json
}

install_python() {
  rm -rf $venv
  "$1" -m venv $venv
  $venv/bin/python -m pip install --disable-pip-version-check -r bench/python/requirements.txt
  cp bench/python/requirements.txt $venv/installed.txt
}

for tool in cargo node npm; do
  command -v $tool >/dev/null || fail "$tool is missing; run: make setup"
done
if ! cmp -s bench/node/package-lock.json bench/node/node_modules/.installed-lock.json; then
  say "installing better-sse (seconds)"
  # `||` and subshells switch off `set -e`, so the shell is asked again.
  logged npm bash -c "set -e; $(declare -f install_node); install_node"
fi
if ! cmp -s bench/python/requirements.txt $venv/installed.txt; then
  python=$(find_python) || fail "Python 3.10 or newer with venv and pip is missing"
  say "installing sse-starlette and Flask into $venv (seconds)"
  logged python bash -c "set -e; venv=$venv; $(declare -f install_python); install_python '$python'"
fi
say "building the load client"
logged cargo cargo build --release --locked --manifest-path bench/load/Cargo.toml --target-dir $work

# Servers and load client hold one socket for each subscriber.
ulimit -n $((subscribers + 512)) 2>/dev/null || ulimit -n "$(ulimit -Hn)"

# --------------------------------------------------------------------------------------------------- servers

server=
data=

# Ends the server that this script has started, and no other process.
stop() {
  local try
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    for ((try = 0; try < 50; try++)); do
      kill -0 "$server" 2>/dev/null || break
      sleep 0.1
    done
    if ((try == 50)); then kill -KILL "$server" 2>/dev/null || true; fi
    wait "$server" 2>/dev/null || true
    server=
  fi
  if [ -n "$data" ]; then
    rm -rf "$data"
    data=
  fi
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# start NAME COMMAND…: every server chooses a free port itself, and says which.
start() {
  local log=$work/$1.log try
  shift
  : >"$log" # here and not in the child, which may come to it after the first look below
  "$@" >>"$log" 2>&1 9>&- &
  server=$!
  for ((try = 0; try < 100; try++)); do
    address=$(grep -om 1 'http://127\.0\.0\.1:[0-9]*' "$log" | cut -d/ -f3) && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$log" >&2
  return 1
}

# measure NAME ARGUMENTS…: the load client against the server that runs. The time is a bound, not a measure.
measure() {
  local name=$1
  shift
  timeout 180 $load --label "$name" --address "$address" --pid "$server" --subscribers "$subscribers" \
    --idle-ms "$idle" "$@" >>$results 9>&-
}

row() {
  local pushed=(--messages "$messages" --interval-ms 50 --window "$window")
  local polled=(--kind poll --messages "$poll_messages" --interval-ms 1000)
  case $1 in
    staffel)
      data=$(mktemp -d $work/data.XXXXXX) || return # not in /tmp, which may be memory: the journal syncs to a disk
      start "$1" "$staffel" serve --no-open --listen 127.0.0.1:0 --data "$data" &&
        # 20 reports to every pipeline: its events have their full length then.
        measure "$1" --kind staffel "${pushed[@]}" --burst "$burst" --warm-up $((window * 20)) --save-payload $payload
      ;;
    better-sse)
      start "$1" node bench/node/server.mjs $payload &&
        measure "$1" --kind push "${pushed[@]}" --burst "$peer_burst" --warm-up $((window * 2))
      ;;
    sse-starlette) start "$1" $venv/bin/python bench/python/starlette_poll.py $payload && measure "$1" "${polled[@]}" ;;
    flask) start "$1" $venv/bin/python bench/python/flask_poll.py $payload && measure "$1" "${polled[@]}" ;;
  esac
}

# ---------------------------------------------------------------------------------------------------- measure

: >$results
failed=
began=$SECONDS
before=$(cut -d' ' -f1 /proc/loadavg)
order=(staffel better-sse sse-starlette flask)
for repetition in $(seq "$repetitions"); do
  for name in "${order[@]}"; do
    say "$name, $repetition of $repetitions"
    if ! row "$name"; then
      say "$name failed; its output is in $work/$name.log"
      failed=1
    fi
    stop
  done
  # There and back: what changes slowly on the machine falls on all alike.
  order=(flask sse-starlette better-sse staffel)
done

version() { sed -n "s/^$1==//p" bench/python/requirements.txt; }
$venv/bin/python bench/table.py $results || failed=1
echo
if [[ $staffel == */debug/* ]]; then build="a DEBUG build"; else build="a release build"; fi
if [ -n "$(git status --porcelain 2>/dev/null)" ]; then changes=", with changes"; else changes=; fi
echo "- $("$staffel" --version), $build of $(git rev-parse --short HEAD 2>/dev/null || echo "no commit")$changes; $(rustc --version | cut -d' ' -f1,2)"
echo "- better-sse $(node -p "require('./bench/node/node_modules/better-sse/package.json').version") on node $(node --version);" \
  "sse-starlette $(version sse-starlette) with uvicorn $(version uvicorn), Flask $(version flask), on $($venv/bin/python --version)"
echo "- $(nproc) cores ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)), Linux $(uname -r);" \
  "load average before: $before; took $((SECONDS - began)) s"
if compgen -G 'target/site/pkg/staffel*.wasm' >/dev/null; then
  echo "- the page's WASM: $(scripts/wasm-size.sh 2>/dev/null || true)" # the limit is the business of `make size`
else
  echo "- the page's WASM: not built here"
fi
[ -z "$failed" ]
