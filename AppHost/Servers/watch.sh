# Sourced by the other scripts of this folder. Children run in the background and end with this script, whichever way it ends;
# it ends when it is told to, when one of them does, and when the process $WATCH_PID is gone (that one may have been killed).
set -uo pipefail
children=()

# A zombie is gone, too.
alive() { [ -d "/proc/$1" ] && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null; }

end() {
  trap '' TERM INT EXIT
  # In the order opposite to their start: a gateway before what it needs.
  for (( i = ${#children[@]} - 1; i >= 0; i-- )); do
    kill -TERM "${children[$i]}" 2>/dev/null
    for _ in $(seq 100); do alive "${children[$i]}" || break; sleep 0.1; done
    kill -KILL "${children[$i]}" 2>/dev/null
  done
  exit "${1:-0}"
}
trap 'end 0' TERM INT
trap 'end 1' EXIT

# start LOG COMMAND...: its output goes to the log.
start() {
  local log=$1; shift
  "$@" </dev/null >>"$log" 2>&1 &
  children+=($!)
}

fail() { echo "$1" >&2; end 1; }

# await SECONDS WHAT LOG COMMAND...: until the command succeeds; else says so with the last lines of the log.
await() {
  local seconds=$1 what=$2 log=$3; shift 3
  for (( i = 0; i < seconds * 10; i++ )); do
    "$@" >/dev/null 2>&1 && return
    for child in "${children[@]}"; do
      alive "$child" || { tail -n 5 "$log" >&2; fail "$what ended before it was ready. Its log is $log."; }
    done
    sleep 0.1
  done
  tail -n 5 "$log" >&2
  fail "$what was not ready within $seconds s. Its log is $log."
}

# answers PORT: something accepts connections there.
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

watch() {
  echo ready
  while true; do
    for child in "${children[@]}"; do alive "$child" || fail "A server process ended by itself."; done
    [ -z "${WATCH_PID:-}" ] || alive "$WATCH_PID" || end 0
    sleep 0.5
  done
}
