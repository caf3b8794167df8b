#!/bin/sh
# Asks amtool for the receivers of every alert in routes.txt: run.sh [<path of amtool>].
# Only braces would look like something that is left to be filled in.
# shellcheck disable=SC2250
set -eu

amtool=amtool
[ "$#" -eq 0 ] || amtool="$1"
cd "$(dirname "$0")"
count=0
wrong=0
while read -r expected labels; do
  case "$expected" in '' | '#'*) continue ;; *) ;; esac
  count=$((count + 1))
  # The labels are words without white space, each an argument.
  # shellcheck disable=SC2086
  if ! "$amtool" config routes test --config.file=../alertmanager.yml \
    "--verify.receivers=$expected" $labels >/dev/null 2>&1; then
    wrong=$((wrong + 1))
    # shellcheck disable=SC2086
    found="$("$amtool" config routes test --config.file=../alertmanager.yml $labels 2>/dev/null)" || found="an error"
    echo "expected $expected, found $found: $labels" >&2
  fi
done <routes.txt
echo "$count routes tested, $wrong wrong"
[ "$count" -gt 0 ] && [ "$wrong" -eq 0 ]
