# shellcheck shell=bash
# What every part shares: messages on stderr, logged commands with a sign of life, stamps, the lock of the set-up.

note() { printf 'winnow: %s\n' "$*" >&2; }

# fail CODE MESSAGE: one line, and the exit codes of the program (2 what the user wrote, 4 environment).
fail() {
  note "$2"
  exit "$1"
}

# logged LABEL LOG COMMAND...: the command's output goes to build/log/LOG. Shows LABEL, the time, and ninja's [done/total].
# Returns the command's status; the caller says what a failure means.
logged() {
  local label=$1 log=$build/log/$2 status=0 begun=$SECONDS shown=$SECONDS process
  shift 2
  mkdir -p -- "$build/log"
  "$@" >"$log" 2>&1 </dev/null &
  process=$!
  trap 'kill "$process" 2>/dev/null || true; exit 130' INT
  trap 'kill "$process" 2>/dev/null || true; exit 143' TERM
  while kill -0 "$process" 2>/dev/null; do
    if [[ -t 2 ]]; then
      printf '\r\033[Kwinnow: %s %s%ds' "$label" "$(steps_done "$log")" $((SECONDS - begun)) >&2
    elif ((SECONDS - shown >= 30)); then
      note "$label $(steps_done "$log")$((SECONDS - begun))s"
      shown=$SECONDS
    fi
    sleep 0.2
  done
  wait "$process" || status=$?
  trap - INT TERM
  [[ ! -t 2 ]] || printf '\r\033[K' >&2
  if ((status == 0 && SECONDS - begun >= 2)); then
    note "$label: done in $((SECONDS - begun))s"
  fi
  return "$status"
}

steps_done() {
  local steps
  steps=$(tail -c 4096 -- "$1" 2>/dev/null | grep -ao '^\[[0-9]*/[0-9]*\]' | tail -n 1) || true
  printf '%s' "${steps:+$steps }"
}

# first_error LOG: the line of build/log/LOG that says most.
first_error() {
  local line
  line=$(grep -aiE -m 1 'undefined reference|(^|[^-_a-z])(fatal |cmake )?error[: ]|^E: ' -- "$build/log/$1") ||
    line=$(grep -av '^[[:space:]]*$' -- "$build/log/$1" | tail -n 1) || line='no output'
  printf '%s' "${line:0:300}"
}

# A step that is done leaves build/stamps/NAME-HASH; the hash is of all that the step depends on.
digest() { sha256sum | cut -c 1-16; }

is_done() { [[ -e $build/stamps/$1 ]]; }

mark_done() {
  rm -f -- "$build/stamps/${1%-*}"-*
  : >"$build/stamps/$1"
}

# Two first calls must not build at once. The program itself runs without the lock.
lock_setup() {
  mkdir -p -- "$build/stamps" 2>/dev/null || fail 4 "cannot write $build; clone winnow where you may write"
  exec 9>"$build/lock" || fail 4 "cannot write $build/lock"
  if ! flock --nonblock 9; then
    note 'waiting for another winnow that is setting up'
    flock 9
  fi
}

release_setup() { exec 9>&-; }
