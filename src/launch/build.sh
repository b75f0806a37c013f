# shellcheck shell=bash
# Configuring and building with CMake, Ninja and ccache.

release=$build/release
program=$release/bin/winnow

# build_targets TARGET...: configured and built; a call with nothing to do costs one look of ninja at the files.
build_targets() {
  configure
  logged 'building' build.log ninja -C "$release" -j "$(compile_jobs)" "$@" ||
    fail 4 "the build failed ($(first_error build.log)); see build/log/build.log"
}

configure() {
  local stamp options=(-G Ninja -DCMAKE_BUILD_TYPE=Release "-DTorch_DIR=$Torch_DIR" "-DWINNOW_PYTHON=$venv/bin/python")
  if command -v ccache >/dev/null; then
    options+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
  if [[ -d $deps/usr ]]; then
    deps_options
  fi
  hdf5_options
  stamp=configure-$(printf '%s\n' "$root" "${CC:-}" "${CXX:-}" "${CXXFLAGS:-}" "${options[@]}" | digest)
  if is_done "$stamp" && [[ -f $release/build.ninja ]]; then
    return
  fi
  rm -rf -- "$release"
  logged 'configuring' configure.log cmake -S "$root" -B "$release" "${options[@]}" ||
    fail 4 "CMake failed ($(configure_error)); see build/log/configure.log"
  mark_done "$stamp"
}

# CMake puts the reason on the lines after "CMake Error at".
configure_error() {
  local reason
  reason=$(sed -n '/^CMake Error/,/^Call Stack/{/^CMake Error\|^Call Stack/d;s/^ *//;/./p}' "$build/log/configure.log" | head -n 3 | tr '\n' ' ')
  reason=${reason:-$(first_error configure.log)}
  printf '%s' "${reason:0:300}"
}

# Libraries in build/deps are found through CMAKE_PREFIX_PATH; this is for those that CMake finds by running a program.
deps_options() {
  local wrapper flags include=$deps/usr/include libraries
  libraries=$deps/usr/lib/$(uname -m)-linux-gnu
  options+=("-DCMAKE_LIBRARY_ARCHITECTURE=$(uname -m)-linux-gnu")
  wrapper=$deps/usr/bin/mpicxx.openmpi
  if [[ -x $wrapper ]]; then
    options+=("-DMPI_CXX_COMPILER=$wrapper" "-DMPI_C_COMPILER=$deps/usr/bin/mpicc.openmpi" "-DMPIEXEC_EXECUTABLE=$deps/usr/bin/mpirun.openmpi")
  fi
  if [[ -x $deps/usr/bin/g++ ]]; then
    flags="-idirafter \"$include/$(uname -m)-linux-gnu\" -idirafter \"$include\" -B\"$libraries\""
    options+=("-DCMAKE_C_COMPILER=$deps/usr/bin/gcc" "-DCMAKE_CXX_COMPILER=$deps/usr/bin/g++" "-DCMAKE_C_FLAGS=$flags" "-DCMAKE_CXX_FLAGS=$flags")
  fi
}

# CMake asks h5pcc, which is not made for a path with spaces and not there in build/deps; then it takes these.
hdf5_options() {
  local prefix arch
  arch=$(uname -m)-linux-gnu
  for prefix in "$deps/usr" /usr; do
    if [[ -f $prefix/lib/$arch/libhdf5_openmpi.so ]]; then
      options+=("-DHDF5_hdf5_LIBRARY_RELEASE=$prefix/lib/$arch/libhdf5_openmpi.so" "-DHDF5_C_INCLUDE_DIR=$prefix/include/hdf5/openmpi")
      return
    fi
  done
}

# A file that includes libtorch needs up to 1.5 GiB to compile.
compile_jobs() { at_least_one "$(least "$(nproc)" $(($(free_mib) / 1536)))"; }

run_tests() {
  local argument labels=(--label-exclude release)
  for argument; do
    case $argument in -L* | --label-*) labels=() ;; esac
  done
  mpi_environment
  exec ctest --test-dir "$release" --output-on-failure --parallel "$(nproc)" ${labels[@]+"${labels[@]}"} "$@"
}
