#!/bin/sh
# Probant beside scikit-learn on the published Bank Marketing files in the order of time.
#
# benches/time_split.sh BANK_MARKETING_FOLDER    prints Markdown; PYTHON names one with scikit-learn and pandas.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
binary=${PROBANT:-$here/../target/release/probant}
exec "${PYTHON:-python3}" "$here/time_split.py" "$binary" "$1" "$here/../data/policies"
