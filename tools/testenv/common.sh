# What the scripts of this folder share: messages, the project's scratch folder, and packages on demand.
# Sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Everything that set-up leaves behind lies here; git ignores it and `make clean` removes it.
build_dir=$root/.build

say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'ERROR: %s\n' "$*" >&2; exit 1; }

# can_install reports whether this machine may be changed: Debian (or a child of it), and we are root.
can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# need COMMAND PACKAGE… installs the packages where the command is missing.
need() {
  local command=$1; shift
  command -v "$command" >/dev/null && return
  can_install || die "'$command' is missing. Install it (on Debian: apt-get install $*), or run this as root on Debian."
  say "installing $* ('$command' is missing)"
  mkdir -p "$build_dir"
  apt_get update && apt_get install -y --no-install-recommends "$@" ||
    die "apt-get could not install $*: see $build_dir/apt.log"
  command -v "$command" >/dev/null || die "$* installed, but there is still no '$command'"
}

apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -q "$@" >>"$build_dir/apt.log" 2>&1; }

have_image() { docker image inspect "$1" >/dev/null 2>&1; }

# pull_image IMAGE succeeds where a registry serves the image. Without a registry the engine gives up within
# seconds; the long limit is for slow lines, where a pull is still better than a stand-in.
pull_image() {
  say "pulling $1"
  timeout "${PULL_TIMEOUT:-600}" docker pull -q "$1" >/dev/null 2>"$build_dir/pull.log"
}
