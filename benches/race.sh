#!/usr/bin/env bash
# The race: training, cross-validation and scoring against scikit-learn, DuckDB and a bare copy, by turns.
#
#   benches/race.sh [FOLDER]    keeps the virtual environment and the exports in FOLDER, else in a temporary folder
#
#   RUNS     rounds                                 default 5 (the peer's cross-validation runs once)
#   TRAIN    leads to train on                      default 1000000
#   TEST     leads to test on                       default 200000
#   SIZES    leads to score                         default "5000000 10000000"
#   CV       "no" leaves the cross-validation out   default yes
#   PEERS    folder of make_leads.py and sklearn_peer.py    default benches
#   PROBANT, FIT, COPY    the binary, benches/fit.rs and benches/copy.rs, built    default: built by cargo
#
# Half an hour at most, three gigabytes of disk. A quick trial: TRAIN=100000 TEST=20000 SIZES=100000 RUNS=1 benches/race.sh
# Writes benches/runs/<date>-race.md. Needs python3 with venv.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=benches/setup.sh
. benches/setup.sh
folder "${1:-}"
environment numpy==2.4.6 pyarrow==26.0.1 scikit-learn==1.9.1 pandas==3.1.1 shap==0.51.0 duckdb==2.0.1
export_leads "${TRAIN:=1000000}" 1 "${TEST:=200000}" 2
for size in ${SIZES:=5000000 10000000}; do export_leads "$size" 3; done
product
FIT=${FIT:-$(driver fit)}
COPY=${COPY:-$(driver copy)}
export RUNS=${RUNS:-5} TRAIN TEST SIZES CV=${CV:-yes} FIT COPY
"$work/venv/bin/python" benches/race.py
