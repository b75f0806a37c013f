# shellcheck shell=bash
# From the command line to ranks.

# Fills `arguments` with what the program is to see. --ranks and --threads may stand anywhere; the program takes --threads itself,
# after its command.
split_arguments() {
  local option
  ranks='' threads='' arguments=()
  while (($#)); do
    case $1 in
      --ranks | --threads)
        set_count "${1#--}" "${2-nothing}"
        shift 2
        ;;
      --ranks=* | --threads=*)
        option=${1%%=*}
        set_count "${option#--}" "${1#*=}"
        shift
        ;;
      *)
        arguments+=("$1")
        shift
        ;;
    esac
  done
  case ${arguments[0]:-} in
    import | inspect | test | tokenize) ;; # They take none: the environment is all.
    *) [[ $threads == '' ]] || arguments+=(--threads "$threads") ;;
  esac
  threads=${threads:-1}
}

set_count() {
  [[ $2 =~ ^[1-9][0-9]{0,5}$ ]] || fail 2 "--$1 needs a whole number from 1, found '$2'"
  printf -v "$1" '%s' "$2"
}

# job_of ARGUMENTS: the job file among the arguments of a command that takes one, empty if there is none.
job_of() {
  while (($#)); do
    case $1 in
      --set | --out | --threads) shift ;; # Its value is no job.
      -*) ;;
      *) printf '%s' "$1" && return ;;
    esac
    shift || return 0
  done
}

asks_for_help() {
  local argument
  for argument; do
    case $argument in -h | --help) return 0 ;; esac
  done
  return 1
}

# start_program COMMAND ARGUMENTS...: does not return; the exit code is the program's own.
start_program() {
  local mpirun
  [[ $ranks != '' ]] || ranks=$(default_ranks "$@")
  export OMP_NUM_THREADS=$threads MKL_NUM_THREADS=$threads OPENBLAS_NUM_THREADS=$threads
  if ((ranks == 1)); then
    exec "$program" "$@"
  fi
  mpi_environment
  # Not bound to cores: two runs on one machine would be bound to the same ones.
  mpirun=$(mpirun_path)
  under_mpirun "$mpirun" --quiet -n "$ranks" --bind-to none "$program" "$@"
}

# mpirun kills its ranks a second after it is told to stop. So the first signal goes to the ranks, as the one that mpirun passes on:
# they end after their block. The second ends mpirun. Its status is then the program's, or else the run was interrupted all the same.
under_mpirun() {
  local process='' status stops=0 seen
  trap 'stops=$((stops + 1)); stop_ranks "$process" "$stops"' INT TERM HUP
  set -m # A process group of its own, so that Ctrl-C reaches mpirun once, from here.
  "$@" <&0 &
  process=$!
  set +m
  ((stops == 0)) || stop_ranks "$process" "$stops"
  while true; do
    seen=$stops status=0
    wait "$process" || status=$?
    ((stops > seen)) || break # A trapped signal ends `wait` early.
  done
  if ((stops > 0)); then
    case $status in
      0 | 2 | 3 | 4 | 5 | 70) ;; # docs/errors.md
      *) status=75 ;;
    esac
  fi
  exit "$status"
}

# stop_ranks MPIRUN TIMES: TIMES is how often the run was told to stop.
stop_ranks() {
  [[ $1 != '' ]] || return 0
  if (($2 == 1)); then
    note 'stopping after the current block; a second signal stops at once'
    kill -USR1 "$1" 2>/dev/null || true
  else
    kill -TERM "$1" 2>/dev/null || true
  fi
}

mpi_environment() {
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
  export OMPI_MCA_orte_execute_quiet=1
}

mpirun_path() { command -v mpirun.openmpi || command -v mpirun || fail 4 'mpirun is not on PATH'; }

# Commands that compute over rows run on many ranks; all others on one, as does a call that only asks.
default_ranks() {
  local argument gpus
  case $1 in
    run | index | score | select | finetune | evaluate | generate | iterate | study) ;;
    *) printf 1 && return ;;
  esac
  for argument; do
    case $argument in -h | --help | --check | --version) printf 1 && return ;; esac
  done
  gpus=$(nvidia-smi --list-gpus 2>/dev/null | grep -c '^GPU') || true
  if ((gpus > 0)); then
    printf '%s' "$gpus"
    return
  fi
  at_least_one "$(least $(($(core_count) / threads)) $(($(free_mib) / rank_mib)))"
}

# What a rank needs with a small model in fp32; a larger model wants --ranks.
readonly rank_mib=2560

# Cores, not hardware threads, of those that this process may use.
core_count() {
  local cores
  cores=$(lscpu --parse=CORE,SOCKET 2>/dev/null | grep -v '^#' | sort -u | wc -l) || true
  if ((cores > 0)); then
    least "$cores" "$(nproc)"
  else
    nproc
  fi
}

free_mib() {
  local available limit used
  available=$(($(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1024))
  if read -r limit 2>/dev/null </sys/fs/cgroup/memory.max && [[ $limit != max ]] && read -r used </sys/fs/cgroup/memory.current; then
    least "$available" $(((limit - used) / 1048576))
  else
    printf '%s' "$available"
  fi
}

least() { printf '%s' $(($1 < $2 ? $1 : $2)); }

at_least_one() { printf '%s' $(($1 > 1 ? $1 : 1)); }
