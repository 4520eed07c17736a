#!/usr/bin/env bash
# Measures this build beside its peers and beside itself, in one go, and prints its tables: see bench/README.md.
# bench/run.sh [--quick] [sse|nodes|mcp|growth|handoff|board|review|lighthouse]     --quick: little of everything, to see that it works; a name: one table only
# STAFFEL_BIN: the program to measure, instead of target/release/staffel
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

say() { echo "bench: $*" >&2; }
fail() {
  say "$*"
  exit 1
}

# subscribers, idle ms, messages, those of the poll loops, window, burst, that of better-sse, repetitions,
# ms of calls, ms of warm-up, sessions and streams held, repetitions for MCP, subscribers in the crowd
full=(1000 3000 200 12 64 3000 400 2 1000 500 1000 4 10000)
quick=(200 1000 20 3 16 320 100 1 300 300 100 1 400)
sizes=("${full[@]}") sse=1 nodes=1 mcp=1 growth=1 handoff=1 board=1 review=1 lighthouse=1 quickly=
for argument; do
  case $argument in
    --quick) sizes=("${quick[@]}") quickly=--quick ;;
    sse | nodes | mcp | growth | handoff | board | review | lighthouse)
      sse='' nodes='' mcp='' growth='' handoff='' board='' review='' lighthouse=''
      printf -v "$argument" 1
      ;;
    *) fail "unknown argument: $argument; usage: bench/run.sh [--quick] [sse|nodes|mcp|growth|handoff|board|review|lighthouse]" ;;
  esac
done
set -- "${sizes[@]}"
subscribers=$1 idle=$2 messages=$3 poll_messages=$4 window=$5 burst=$6 peer_burst=$7 sse_repetitions=$8
span=$9 warm_up=${10} held=${11} mcp_repetitions=${12} crowd=${13}

work=target/bench
venv=target/bench-venv
mkdir -p $work
exec 9>$work/lock
if command -v flock >/dev/null && ! flock -n 9; then fail "another bench/run.sh is at work here"; fi
payload=$work/payload.json
results=$work/results.jsonl

staffel=${STAFFEL_BIN:-target/release/staffel}
[ -x "$staffel" ] || fail "there is no $staffel to measure; run: make build PROFILE=release"
chromium=${STAFFEL_CHROMIUM:-}
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
  say "installing better-sse, the MCP SDK and Lighthouse (seconds)"
  # `||` and subshells switch off `set -e`, so the shell is asked again.
  logged npm bash -c "set -e; $(declare -f install_node); install_node"
fi
if ! cmp -s bench/python/requirements.txt $venv/installed.txt; then
  python=$(find_python) || fail "Python 3.10 or newer with venv and pip is missing"
  say "installing sse-starlette, Flask and FastMCP into $venv (seconds)"
  logged python bash -c "set -e; venv=$venv; $(declare -f install_python); install_python '$python'"
fi
# The two peers that are no library: they are left out where they cannot be had.
nchan=/usr/lib/nginx/modules/ngx_nchan_module.so
engines=()
if command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then
  engines=(staffel-postgres staffel-2-nodes staffel-3-nodes)
elif [ -n "$nodes" ]; then
  say "PostgreSQL is left out: it is not installed"
fi
hubs=()
if [ -n "$sse" ]; then
  if [ ! -e $nchan ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing nchan (seconds)"
    logged nchan env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends nginx-light libnginx-mod-nchan
  fi
  if [ -e $nchan ] && command -v nginx >/dev/null; then hubs+=(nchan); else say "nchan is left out: install nginx-light and libnginx-mod-nchan"; fi
  durable=$work/durable/bin/durable-streams-server
  if [ ! -x $durable ]; then
    say "building the Durable Streams server (a minute or two)"
    logged durable cargo install --locked --quiet durable-streams --version 0.1.5 --root $work/durable
  fi
  hubs+=(durable-streams)
fi
build() { cargo build --release --locked --manifest-path "bench/$1/Cargo.toml" --target-dir $work; }
say "building the load clients"
logged cargo build load
if [ -n "$mcp" ]; then
  say "building the bare rmcp server (minutes, the first time)"
  logged cargo-rmcp build rmcp
fi

# Servers and load clients hold one socket for each subscriber.
ulimit -n $((crowd + 512)) 2>/dev/null || ulimit -n "$(ulimit -Hn)"

# --------------------------------------------------------------------------------------------------- servers

server=
others=()
beside=()
postgres=
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
  for other in "${others[@]}"; do
    kill "$other" 2>/dev/null || true
    wait "$other" 2>/dev/null || true
  done
  others=()
  beside=()
  if [ -n "$postgres" ]; then
    exec 8>&- # it ends with its input
    wait "$postgres" 2>/dev/null || true
    postgres=
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

free_port() {
  $venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_at NAME PORT COMMAND…: a server that is told its port, and says nothing.
start_at() {
  local log=$work/$1.log port=$2 try
  shift 2
  "$@" >"$log" 2>&1 9>&- &
  server=$!
  address=127.0.0.1:$port
  for ((try = 0; try < 100; try++)); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$log" >&2
  return 1
}

start_nchan() {
  local port
  port=$(free_port)
  data=$(mktemp -d $work/data.XXXXXX) || return
  sed -e "s|PORT|$port|" -e "s|FOLDER|$PWD/$data|" bench/nchan/nginx.conf >"$data/nginx.conf"
  start_at "$1" "$port" nginx -p "$PWD/$data" -c "$PWD/$data/nginx.conf" -e stderr
}

start_durable() {
  local port
  port=$(free_port)
  data=$(mktemp -d $work/data.XXXXXX) || return
  start_at "$1" "$port" $durable --port "$port" --data-dir "$data" &&
    $venv/bin/python -c 'import sys, urllib.request as r; r.urlopen(r.Request(sys.argv[1], method="PUT", headers={"Content-Type": "application/json"}))' \
      "http://$address/bench"
}

# more_nodes NAME COUNT: further nodes on the database of the one that runs.
more_nodes() {
  local name=$1 count=$2 first=$server at=$address number
  for ((number = 2; number <= count; number++)); do
    STAFFEL_DATABASE_URL="postgres:///postgres?host=$(cat $work/postgres.folder)&user=staffel" \
      start "$name-$number" "$staffel" serve --no-open --listen 127.0.0.1:0 || return
    others+=("$server")
    beside+=(--node "$address")
  done
  server=$first
  address=$at
}

# In a PostgreSQL of its own, as it comes: every commit is synced. It is in /tmp, whatever that is.
start_on_postgres() {
  local input=$work/postgres.input
  rm -f "$input" $work/postgres.folder
  mkfifo "$input"
  scripts/postgres.sh <"$input" >$work/postgres.folder 2>$work/postgres.log 9>&- &
  postgres=$!
  exec 8>"$input"
  for ((try = 0; try < 300; try++)); do
    [ -s $work/postgres.folder ] && break
    kill -0 "$postgres" 2>/dev/null || return 1
    sleep 0.1
  done
  STAFFEL_DATABASE_URL="postgres:///postgres?host=$(cat $work/postgres.folder)&user=staffel" \
    start "$1" "$staffel" serve --no-open --listen 127.0.0.1:0
}

start_staffel() {
  data=$(mktemp -d $work/data.XXXXXX) || return # not in /tmp, which may be memory: the journal syncs to a disk
  start "$1" "$staffel" serve --no-open --listen 127.0.0.1:0 --data "$data"
}

# start_engine NAME: Staffel on SQLite or PostgreSQL, in one or several nodes.
start_engine() {
  case $1 in
    staffel-postgres*) start_on_postgres "$1" ;;
    staffel-[23]-nodes*) start_on_postgres "$1" && more_nodes "$1" "$(cut -d- -f2 <<<"$1")" ;;
    *) start_staffel "$1" ;;
  esac
}

# load CLIENT NAME ARGUMENTS…: a load client against the server that runs. The time is a bound, not a measure.
load() {
  local client=$work/release/$1-load name=$2
  shift 2
  timeout 180 "$client" --label "$name" --address "$address" --pid "$server" "$@" >>$results 9>&-
}

# An ordinary report to Staffel, and to the hubs a message as long as they are usually measured with.
report=(--size 60)
message=(--size 240)
durable_paths=(--publish /bench --subscribe '/bench?offset=now&live=sse')

# Staffel on its engines: with as many subscribers as above, and with three, where only writing takes time.
measure_nodes() {
  local size=(--subscribers "$subscribers" --idle-ms "$idle" --messages "$messages")
  case $1 in
    *-appends) size=(--subscribers 3 --idle-ms 100 --messages 20) ;;
  esac
  start_engine "$1" &&
    load sse "$1" --kind staffel "${size[@]}" --interval-ms 50 --window "$window" --burst "$burst" "${report[@]}" --warm-up $((window * 20)) "${beside[@]}"
}

# A crowd of subscribers, for the servers that are made for it.
measure_crowd() {
  local pushed=(--subscribers "$crowd" --idle-ms "$idle" --messages 50 --interval-ms 200 --window "$window" --burst "$peer_burst")
  case $1 in
    staffel-crowd) start_staffel "$1" && load sse "$1" --kind staffel "${pushed[@]}" "${report[@]}" --warm-up "$window" ;;
    nchan-crowd) start_nchan "$1" && load sse "$1" --kind push "${pushed[@]}" "${message[@]}" --warm-up "$window" ;;
    durable-streams-crowd)
      start_durable "$1" && load sse "$1" --kind push "${pushed[@]}" "${message[@]}" "${durable_paths[@]}" --warm-up "$window"
      ;;
  esac
}

measure_sse() {
  local size=(--subscribers "$subscribers" --idle-ms "$idle")
  local pushed=("${size[@]}" --messages "$messages" --interval-ms 50 --window "$window")
  local polled=("${size[@]}" --kind poll --messages "$poll_messages" --interval-ms 1000)
  case $1 in
    staffel)
      start_staffel "$1" &&
        # 20 reports to every pipeline: its events have their full length then.
        load sse "$1" --kind staffel "${pushed[@]}" "${report[@]}" --burst "$burst" --warm-up $((window * 20)) --save-payload $payload
      ;;
    nchan) start_nchan "$1" && load sse "$1" --kind push "${pushed[@]}" "${message[@]}" --burst "$burst" --warm-up $((window * 2)) ;;
    durable-streams)
      start_durable "$1" &&
        load sse "$1" --kind push "${pushed[@]}" "${message[@]}" "${durable_paths[@]}" --burst "$burst" --warm-up $((window * 2))
      ;;
    better-sse)
      start "$1" node bench/node/server.mjs $payload &&
        load sse "$1" --kind push "${pushed[@]}" --burst "$peer_burst" --warm-up $((window * 2))
      ;;
    sse-starlette) start "$1" $venv/bin/python bench/python/starlette_poll.py $payload && load sse "$1" "${polled[@]}" ;;
    flask) start "$1" $venv/bin/python bench/python/flask_poll.py $payload && load sse "$1" "${polled[@]}" ;;
  esac
}

start_mcp() {
  case $1 in
    staffel-mcp) start_staffel "$1" ;;
    rmcp) start "$1" $work/release/bare-rmcp ;;
    typescript) start "$1" node bench/node/mcp.mjs ;;
    fastmcp) start "$1" $venv/bin/python bench/python/fastmcp_server.py ;;
  esac
}

measure_mcp() {
  local size=(--span-ms "$span" --warm-up-ms "$warm_up" --held "$held") measure
  if [ "$1" = staffel-mcp ]; then size+=(--journal true); fi
  for measure in calls sessions streams; do
    # A new one each time: memory that calls have left would hide what sessions take.
    start_mcp "$1" || return
    load mcp "$1" --measure $measure "${size[@]}" || return
    stop
  done
}

# ---------------------------------------------------------------------------------------------------- measure

# in_turn PART REPETITIONS NAME…: each server after the other, and the next time in reverse order: there and back, what changes
# slowly on the machine falls on all alike.
in_turn() {
  local part=$1 repetitions=$2 repetition name
  shift 2
  local order=("$@") reversed
  for repetition in $(seq "$repetitions"); do
    reversed=()
    for name in "${order[@]}"; do
      say "$name, $repetition of $repetitions"
      if ! "measure_$part" "$name"; then
        say "$name failed; its output is in $work/$name.log"
        failed=1
      fi
      stop
      reversed=("$name" "${reversed[@]}")
    done
    order=("${reversed[@]}")
  done
}
: >$results
failed=
began=$SECONDS
before=$(cut -d' ' -f1 /proc/loadavg)
if [ -n "$sse" ]; then
  in_turn sse "$sse_repetitions" staffel better-sse sse-starlette flask "${hubs[@]}"
  in_turn crowd 1 staffel-crowd "${hubs[@]/%/-crowd}"
fi
if [ -n "$nodes" ]; then
  of=(staffel-alone "${engines[@]}")
  in_turn nodes "$sse_repetitions" "${of[@]}" "${of[@]/%/-appends}"
fi
if [ -n "$mcp" ]; then in_turn mcp "$mcp_repetitions" staffel-mcp rmcp typescript fastmcp; fi
if [ -n "$growth" ]; then
  say "growth"
  PYTHONPATH=bench $venv/bin/python -m growth "$staffel" $work/growth $work/growth.jsonl $quickly || failed=1
fi
if [ -n "$handoff" ]; then
  say "handoff"
  PYTHONPATH=bench $venv/bin/python -m handoff "$staffel" $work/handoff $work/handoff.jsonl $quickly || failed=1
fi

if [ -n "$board$review$lighthouse" ]; then scripts/setup.sh test --quiet; fi
if [ -n "$lighthouse" ]; then
  say "lighthouse"
  STAFFEL_BIN=$staffel STAFFEL_CHROMIUM=$chromium node bench/board/lighthouse.mjs $quickly || failed=1
fi
if [ -n "$board" ]; then
  say "board"
  STAFFEL_BIN=$staffel STAFFEL_CHROMIUM=$chromium node bench/board/board.mjs $quickly || failed=1
fi
if [ -n "$review" ]; then
  say "review"
  STAFFEL_BIN=$staffel STAFFEL_CHROMIUM=$chromium node bench/board/review.mjs $quickly || failed=1
fi

version() { sed -n "s/^$1==//p" bench/python/requirements.txt; }
if [ -n "$sse$nodes$mcp" ]; then $venv/bin/python bench/tables $results || failed=1; fi
echo
if [ -n "$(git status --porcelain 2>/dev/null)" ]; then changes=", with changes"; else changes=; fi
echo "- $("$staffel" --version), $staffel of $(git rev-parse --short HEAD 2>/dev/null || echo "no commit")$changes; $(rustc --version | cut -d' ' -f1,2)"
package() { node -p "require('./bench/node/package.json').dependencies['$1']"; }
echo "- nchan $(dpkg-query -W -f '${Version}' libnginx-mod-nchan 2>/dev/null || echo "not there"), Durable Streams 0.1.5; better-sse $(package better-sse), @modelcontextprotocol/server $(package @modelcontextprotocol/server) on node $(node --version);" \
  "FastMCP $(version fastmcp), sse-starlette $(version sse-starlette) with uvicorn $(version uvicorn), Flask $(version flask), on $($venv/bin/python --version)"
echo "- $(nproc) cores ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)), Linux $(uname -r);" \
  "load average before: $before; took $((SECONDS - began)) s"
if compgen -G 'target/board/pkg/staffel*.wasm' >/dev/null; then
  echo "- the page's WASM: $(scripts/wasm-size.sh 2>/dev/null || true)" # the limit is the business of `make size`
else
  echo "- the page's WASM: not built here"
fi
[ -z "$failed" ]
