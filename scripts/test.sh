#!/usr/bin/env bash
# scripts/test.sh "lint unit" "build interop" then "e2e": runs lanes of stages beside each other, the stages of a lane one
# after the other, and what follows `then` when all lanes before it have ended.
# Compiling needs processors, and tests from outside mostly wait: together they take little longer than the longer one.
# The first lane takes what the others leave, so that no test is late because something compiles.
#
# What a stage says goes to target/test/STAGE.log, and is shown whole when the stage is over. The first that fails ends
# everything. .ci/run reads the headlines, which begin with "==>".
set -euo pipefail
cd "$(dirname "$0")/.."

logs=target/test
rm -rf $logs
mkdir -p $logs
stages=" $* "
total=$(wc -w <<<"${stages// then / }")
lanes=()

# Whole stages, never lines of two stages mixed.
show() {
  if command -v flock >/dev/null; then flock 9; fi
  cat
} 9>$logs/lock

run_lane() { # run_lane NICENESS "stages"
  local stage began
  for stage in $2; do
    began=$SECONDS
    echo "test: $stage has begun; to follow it: tail -f $logs/$stage.log"
    if {
      # What it cost the processors says where the next minute can be saved.
      TIMEFORMAT='%0U + %0S s of processor time'
      time nice -n "$1" make "$stage" ARGS= </dev/null >$logs/"$stage".log 2>&1
    } 2>$logs/"$stage".time; then
      {
        printf '\n==> %s (one of %d)\n' "$stage" "$total"
        cat $logs/"$stage".log
        printf '==> %s took %d s, %s\n' "$stage" $((SECONDS - began)) "$(tail -n 1 $logs/"$stage".time)"
      } | show
    else
      {
        printf '\n==> %s (one of %d)\n' "$stage" "$total"
        cat $logs/"$stage".log
        printf '\n==> failed: %s, after %d s; to run it alone: make %s\n' "$stage" $((SECONDS - began)) "$stage"
      } | show >&2
      return 1
    fi
  done
}

stop() {
  local lane
  for lane in "${lanes[@]}"; do kill -TERM -- "-$lane" 2>/dev/null || true; done
}
trap stop EXIT
trap 'exit 130' INT TERM

run_lanes() {
  # A third of a processor beside one that is busy: its own tests must not starve.
  local niceness=$(($# > 1 ? 5 : 0))
  local stages
  lanes=()
  # A lane is a process group of its own, so that its programs end with it.
  set -m
  for stages; do
    run_lane $niceness "$stages" &
    lanes+=($!)
    niceness=0
  done
  set +m
  for _ in "${lanes[@]}"; do
    wait -n || exit 1
  done
}

together=()
for lane; do
  if [ "$lane" = then ]; then
    run_lanes "${together[@]}"
    together=()
  else
    together+=("$lane")
  fi
done
run_lanes "${together[@]}"
printf '\n==> all %d stages passed in %d min %d s\n' "$total" $((SECONDS / 60)) $((SECONDS % 60))
