# shellcheck shell=bash
# The Python environment of the project (build/venv), and where libtorch is.

venv=$build/venv
readonly oldest_python='3, 11' oldest_torch='2, 7'

# provide_python REQUIREMENTS...: build/venv holds what these files of the repository pin. An environment that works is kept,
# whatever python3 has become on PATH since.
provide_python() {
  local python file stamp
  stamp=venv-$(digest <<<"$venv")
  if ! is_done "$stamp" || ! "$venv/bin/python" -c '' 2>/dev/null; then
    python=$(base_python)
    logged 'making a Python environment' venv.log make_venv "$python" ||
      fail 4 "cannot make build/venv with $python ($(first_error venv.log)); see build/log/venv.log"
    rm -f -- "$build"/stamps/python_*
    mark_done "$stamp"
  fi
  for file; do
    install_requirements "$file"
  done
}

install_requirements() {
  local name stamp
  name=python_$(tr -c 'a-z\n' _ <<<"$1")
  stamp=$name-$(digest <"$root/$1")
  is_done "$stamp" && return
  logged "installing Python packages ($1)" "$name.log" "$venv/bin/python" -m pip install --no-input -r "$root/$1" ||
    fail 4 "pip could not install $1 ($(first_error "$name.log")); is the package index reachable? see build/log/$name.log"
  mark_done "$stamp"
}

# asks_for_torchrun JOB ARGUMENTS...
asks_for_torchrun() {
  [[ " ${*:2} " == *finetune.engine=torchrun* ]] || { [[ -f $1 ]] && grep -q 'engine: *torchrun' -- "$1"; }
}

# asks_for_harness JOB ARGUMENTS...
asks_for_harness() {
  [[ " ${*:2} " == *evaluate.harness* ]] || { [[ -f $1 ]] && grep -qE '^[^#]*\<harness:' -- "$1"; }
}

base_python() {
  local candidate
  for candidate in python3 /usr/bin/python3 python3.13 python3.12 python3.11; do
    if "$candidate" -c "import sys, venv; sys.exit(sys.version_info < ($oldest_python))" 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  fail 4 'winnow needs Python 3.11 or newer with its module venv; none was found on PATH'
}

# Where python3-venv is only unpacked, ensurepip does not find pip; the wheel that it would use installs itself.
make_venv() {
  local wheel
  rm -rf -- "$venv"
  if "$1" -m venv "$venv"; then
    return
  fi
  wheel=$(find "$deps/usr/share/python-wheels" -name 'pip-*.whl' 2>/dev/null | head -n 1)
  [[ $wheel != '' ]] || return 1
  rm -rf -- "$venv"
  "$1" -m venv --without-pip "$venv"
  "$venv/bin/python" "$wheel/pip" install --no-input "$wheel"
}

# Sets Torch_DIR: the user's own, what an earlier call settled on, that of a torch package of python3 or of build/venv; else a torch
# package is installed.
provide_torch() {
  local settled=$build/torch_folder
  if [[ ${Torch_DIR:-} == '' ]]; then
    Torch_DIR=$(cat -- "$settled" 2>/dev/null) || true
    if [[ $Torch_DIR == '' || ! -d $Torch_DIR ]]; then
      Torch_DIR=$(torch_of python3 || torch_of "$venv/bin/python") || {
        install_requirements requirements-torch.txt
        Torch_DIR=$(torch_of "$venv/bin/python") || fail 4 'pip installed torch, but build/venv does not have it; remove build/venv'
      }
      printf '%s\n' "$Torch_DIR" >"$settled"
    fi
  fi
  export Torch_DIR
}

torch_of() {
  "$1" - 2>/dev/null <<PYTHON
import importlib.metadata, importlib.util, pathlib, sys
spec = importlib.util.find_spec("torch")
version = importlib.metadata.version("torch")
folder = pathlib.Path(spec.origin).parent / "share/cmake/Torch"
if tuple(map(int, version.split(".")[:2])) < ($oldest_torch) or not folder.is_dir():
    sys.exit(1)
print(folder)
PYTHON
}
