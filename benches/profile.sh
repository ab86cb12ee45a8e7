#!/usr/bin/env bash
# Where a night's time goes: processor milliseconds per million leads, by kind of work, as perf samples them.
#
#   benches/profile.sh [FOLDER] [ROWS]    keeps the exports in FOLDER, else in a temporary folder; ROWS default 5000000
#
#   PEERS    folder of make_leads.py    default benches
#   PROBANT  the binary                 default target/release/probant (built if absent)
#
# Prints a table in Markdown. Needs perf, and python3 with venv.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=benches/people.sh
. benches/people.sh
# shellcheck source=benches/setup.sh
. benches/setup.sh
folder "${1:-}"
rows=${2:-5000000}
environment numpy==2.4.6 pyarrow==26.0.1
export_leads 1000000 1 "$rows" 3
product
ws=$(mktemp -d "$work/profile-XXXXXX")
trap 'rm -rf "$ws"' EXIT
root=$PWD
cd "$ws"
"$PROBANT" init > /dev/null
cp "$root/benches/leads.toml" probant.toml
people "$PROBANT"
"$PROBANT" train "$work/leads-1000000-1.parquet" --as data --key data.key > /dev/null
publish "$PROBANT"
perf record -q -F 2000 -o perf.data "$PROBANT" score "$work/leads-$rows-3.parquet" --out scores.parquet > /dev/null 2>&1
perf script -i perf.data -F ip,sym 2> /dev/null | python3 "$root/benches/profile.py" "$rows" 2000
