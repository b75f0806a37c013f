# shellcheck shell=bash
# The system packages: there already, or installed by apt, or (without the right to) unpacked into build/deps.

deps=$build/deps

provide_packages() {
  local stamp missing
  stamp=packages-$(cat -- "$root/cmake/debian-packages.txt" /etc/os-release "$root/src/launch/packages.sh" | digest)
  if is_done "$stamp"; then
    use_packages
    return
  fi
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    fail 4 "this is neither Debian nor Ubuntu: install the libraries of README.md ('Your own libraries') and build with CMake"
  fi
  rm -rf -- "$deps"
  missing=$(missing_packages)
  if [[ $missing != '' ]]; then
    # shellcheck disable=SC2086 # Package names are words.
    if may_install; then
      install_packages $missing
    else
      unpack_packages $missing
    fi
  fi
  mark_done "$stamp"
  use_packages
}

missing_packages() {
  comm -23 <(grep -v '^#' "$root/cmake/debian-packages.txt" | sort) \
    <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort -u)
}

may_install() { ((EUID == 0)) || sudo -n true 2>/dev/null; }

as_root() {
  if ((EUID == 0)); then
    env DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
  fi
}

by_hand() { printf "as root: 'apt-get update && apt-get install -y --no-install-recommends %s'" "$*"; }

install_packages() {
  note "installing $# system packages"
  # An update that fails for one of several sources still leaves the others usable.
  logged 'apt-get update' apt-update.log as_root apt-get update || true
  logged 'apt-get install' apt-install.log as_root apt-get install -y --no-install-recommends "$@" ||
    fail 4 "apt-get failed ($(first_error apt-install.log)); see build/log/apt-install.log, or run $(by_hand "$@")"
}

# apt itself works out and fetches what is missing, dependencies included, with its state in build/deps instead of /var.
unpack_packages() {
  local package state=$deps/apt
  [[ $root != *[[:space:]]* ]] ||
    fail 4 "packages unpacked without root's rights need a path without spaces, not '$root'; move the clone, or run $(by_hand "$@")"
  note "no right to install: unpacking $# system packages and what they need into build/deps"
  mkdir -p -- "$state/lists/partial" "$state/archives/partial"
  local own_apt=(apt-get -o "Dir::State::lists=$state/lists" -o "Dir::Cache=$state" -o "Dir::Cache::archives=$state/archives"
    -o "Dir::State::extended_states=$state/extended" -o Debug::NoLocking=true -o APT::Sandbox::User= -o APT::Keep-Downloaded-Packages=true)
  logged 'apt-get update' apt-update.log "${own_apt[@]}" update || true
  logged 'fetching packages' apt-fetch.log "${own_apt[@]}" install --download-only -y --no-install-recommends "$@" ||
    fail 4 "cannot fetch system packages ($(first_error apt-fetch.log)); run $(by_hand "$@")"
  for package in "$state"/archives/*.deb; do
    # A newer libc (an update that libc6-dev asked for) does not work with the system's loader; the system's own does.
    [[ ${package##*/} == libc6_* ]] && continue
    dpkg-deb -x "$package" "$deps" || fail 4 "cannot unpack $package; is the disk full?"
  done
  rm -rf -- "$state"
  settle_deps
}

# What the packages' own installation would have done, and links to what the system has already.
settle_deps() {
  local part link target script
  for part in bin sbin lib lib64; do
    [[ -d $deps/$part ]] || continue
    mkdir -p -- "$deps/usr/$part"
    cp -al -- "$deps/$part/." "$deps/usr/$part/"
    rm -rf -- "${deps:?}/$part"
    ln -s -- "usr/$part" "$deps/$part"
  done
  while IFS= read -r link; do
    target=$(readlink -- "$link")
    [[ $target == /* ]] || target=$(realpath -ms -- "$(dirname -- "${link#"$deps"}")/$target")
    if [[ -e $deps$target ]]; then
      ln -sf -- "$deps$target" "$link"
    elif [[ -e $target ]]; then
      ln -sf -- "$target" "$link"
    fi
  done < <(find "$deps" -xtype l)
  script=$deps/usr/lib/$(uname -m)-linux-gnu/libc.so
  if [[ -f $script ]]; then
    sed -i 's|/usr/lib/[^ ]*/libc_nonshared.a|libc_nonshared.a|' "$script" # Then found beside the script.
  fi
}

# Environment for the compiler, CMake and MPI where packages lie in build/deps.
use_packages() {
  [[ -d $deps/usr ]] || return 0
  local arch libraries
  arch=$(uname -m)-linux-gnu
  libraries=$deps/usr/lib/$arch
  export PATH=$deps/usr/bin:$PATH
  export LD_LIBRARY_PATH=$libraries:$libraries/openmpi/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export CMAKE_PREFIX_PATH=$deps/usr${CMAKE_PREFIX_PATH:+:$CMAKE_PREFIX_PATH}
  export PKG_CONFIG_PATH=$libraries/pkgconfig:$deps/usr/share/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
  if [[ -d $libraries/openmpi/lib/openmpi3 ]]; then
    export OPAL_PREFIX=$deps/usr OPAL_LIBDIR=$libraries/openmpi/lib OPAL_SYSCONFDIR=$deps/etc/openmpi PMIX_INSTALL_PREFIX=$libraries/pmix2
    # Drivers for networks that this machine does not have are not worth a word; nor is a compression that PMIx does without.
    export OMPI_MCA_mca_base_component_show_load_errors=0 PMIX_MCA_pcompress_base_silence_warning=1
  fi
}
