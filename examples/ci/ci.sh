#!/usr/bin/env bash
# Certifies on any CI server: ci.sh --target target.toml --waivers waivers.toml
# The options are those of `pairproof certify`. OUT is the folder for the files of the run, and
# INCONCLUSIVE_PASSES=true lets a run pass that could not judge all of what must hold.
set -euo pipefail

out="${OUT:-reports/pairproof}"
code=0
pairproof certify --out "$out" "$@" || code=$?

case "$code" in
  0) echo "conforms" ;;
  1) echo "does not conform: $out/report.html says what failed" ;;
  2) echo "nothing was judged: the message above says what to correct" ;;
  3)
    echo "inconclusive: $out/report.html says what was missing"
    if [ "${INCONCLUSIVE_PASSES:-false}" = true ]; then code=0; fi
    ;;
  *) echo "stopped with $code" ;;
esac
exit "$code"
