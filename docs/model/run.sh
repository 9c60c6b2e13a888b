#!/usr/bin/env bash
# Searches the model of the delivery protocol: with all rules on there must be no counterexample, and with a rule
# taken away there must be one. Needs spin and a C compiler (installed with apt on Debian as root). About a minute.
set -euo pipefail
model=$(cd "$(dirname "$0")" && pwd)/model.pml

if ! command -v spin >/dev/null || ! command -v gcc >/dev/null; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "install spin and gcc first" >&2; exit 1; }
  apt-get update -qq && apt-get install -y -qq spin gcc libc6-dev >/dev/null
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# search WANT NAME FLAG… searches one configuration and says whether the number of errors is the one wanted.
search() {
  local want=$1 name=$2 start=$SECONDS errors states
  shift 2
  spin -a "$@" "$model" >/dev/null
  gcc -O2 -w -DSAFETY -DNOREDUCE -DCOLLAPSE -DVECTORSZ=2048 -DMEMLIM=4000 -o pan pan.c
  ./pan -m100000 >out.txt
  if grep -Eq 'max search depth|out of memory|memory limit' out.txt; then
    echo "$name: the search was cut short" >&2
    exit 1
  fi
  errors=$(grep -oE 'errors: [0-9]+' out.txt | grep -oE '[0-9]+')
  states=$(grep -E 'states, stored' out.txt | grep -oE '^ *[0-9.e+]+' | tr -d ' ')
  printf '%-52s errors %s   states %-9s %3d s\n' "$name" "$errors" "$states" $((SECONDS - start))
  if [ "$errors" != "$want" ]; then
    echo "$name: wanted $want" >&2
    exit 1
  fi
}

search 0 "all rules, one event twice, a kill" -DFAULTS=1
search 0 "all rules, one event twice, two kills" -DFAULTS=2
search 0 "all rules, a moved appointment" -DMOVED -DFAULTS=1 -DREPLAYS=0

search 1 "without R1, no fence" -DNO_FENCE
search 1 "without R2, a queue per topic" -DNO_LANE -DFAULTS=1
search 1 "without R3, sent before the claim is acknowledged" -DNO_CLAIM_ACK -DFAULTS=1
search 1 "without R5, no wait until accepts are visible" -DNO_VISIBILITY_WAIT -DFAULTS=1
search 1 "without R6, commit before the dead letter is written" -DNO_DLQ_ACK -DFAULTS=1
search 1 "without R8, an older time after a newer one" -DMOVED -DNO_SUPERSEDED -DFAULTS=1
search 1 "without R8, withdrawn while in doubt" -DMOVED -DWITHDRAWN_IN_DOUBT -DFAULTS=1 -DREPLAYS=0
search 1 "without R8, withdrawn without a note" -DMOVED -DNO_NOTE -DFAULTS=1 -DREPLAYS=0
