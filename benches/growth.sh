#!/usr/bin/env bash
# How cost grows: with rows, features, pairs, levels and threads; memory; the cost of starting.
#
#   benches/growth.sh [FOLDER]    keeps the virtual environment and the exports in FOLDER (race.sh's will do)
#
#   SIZES    leads scored by the one model          default "1000000 5000000 10000000"
#   TRAINED  leads trained on                       default "250000 500000 1000000"
#   ROWS     leads scored as the shape changes      default 500000
#   LEARNED  leads trained on as it changes         default 100000
#   RUNS     of each scoring                        default 3
#   PEERS    folder of make_leads.py                default benches
#   PROBANT  the binary                             default: built by cargo
#
# A quarter of an hour at most, two gigabytes of disk. Quick: SIZES="50000 100000" TRAINED=50000 ROWS=20000 LEARNED=20000 RUNS=1
# Writes benches/runs/<date>-growth.md and benches/growth.svg. Needs python3 with venv.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=benches/setup.sh
. benches/setup.sh
folder "${1:-}"
environment numpy==2.4.6 pyarrow==26.0.1
export SIZES=${SIZES:-1000000 5000000 10000000} TRAINED=${TRAINED:-250000 500000 1000000}
export ROWS=${ROWS:-500000} LEARNED=${LEARNED:-100000} RUNS=${RUNS:-3}
for size in $SIZES $ROWS; do export_leads "$size" 3; done
for size in $TRAINED $LEARNED; do export_leads "$size" 1; done
product
"$work/venv/bin/python" benches/growth.py
