#!/usr/bin/env bash
# What the ledger costs: commits, bytes, verification, finding one lead, erasure. Medians of five.
#
#   benches/ledger.sh FOLDER [--nights] [--erase]     FOLDER lies on the disk to be measured
#
#   --nights   also 365 nights of 100,000 leads: about a gigabyte
#   --erase    also erasure, where the binary knows `subject erase`
#   PEERS      folder of make_leads.py                  default benches
#   ROWS       leads of the large night                 default 1000000
#   PROBANT    the binary                               default target/release/probant (built if absent)
#   DRIVER     benches/ledger.rs, built                 default: built by cargo
#
# Writes benches/runs/<date>-ledger.md. Needs python3 with venv (numpy, pyarrow: for the training export only).
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=benches/people.sh
. benches/people.sh
root=$PWD
folder=${1:?a folder on the disk to be measured}
shift
nights= erase=
for option in "$@"; do case $option in --nights) nights=1 ;; --erase) erase=1 ;; *) echo "unknown: $option" >&2; exit 2 ;; esac; done
rows=${ROWS:-1000000}
peers=$(realpath "${PEERS:-benches}")
target=${CARGO_TARGET_DIR:-$root/target}
probant=$(realpath -m "${PROBANT:-$target/release/probant}")
[[ -x $probant ]] || cargo build --release
driver=${DRIVER:-$(cargo bench --bench ledger --no-run --message-format=json 2> /dev/null |
  python3 -c 'import json, sys; print([it["executable"] for it in map(json.loads, sys.stdin) if it.get("target", {}).get("name") == "ledger" and it.get("executable")][-1])')}
mkdir -p "$folder"
work=$(mktemp -d "$(realpath "$folder")/ledger-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
load=$(cut -d' ' -f1-3 /proc/loadavg)

# One workspace with a real model of 15 features; the rows are made by the driver.
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install numpy==2.4.6 pyarrow==26.0.1
"$work/venv/bin/python" "$peers/make_leads.py" 100000 "$work/leads.parquet" 1
mkdir "$work/base"
(
  cd "$work/base"
  "$probant" init > /dev/null
  cp "$root/benches/leads.toml" probant.toml
  people "$probant"
  "$probant" train "$work/leads.parquet" --as data --key data.key > /dev/null
  publish "$probant"
)

field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
# median FILE: of a column of numbers; with their least and most behind it.
median() { sort -g "$1" | awk '{ v[NR] = $1 } END { m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2; print m, v[1], v[NR] }'; }
# wall FILE COMMAND…: wall milliseconds of a whole process, appended to the file.
wall() {
  local file=$1 begun=$EPOCHREALTIME
  shift
  "$@" > "$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }
  awk -v a="$begun" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f\n", (b - a) * 1000 }' >> "$file"
}
: > "$work/table"
# row WHAT FILE UNIT GOAL COMMAND: a line of the table.
row() {
  read -r middle least most <<< "$(median "$2")"
  echo "| $1 | $middle | $least–$most | $3 | $4 | \`$5\` |" >> "$work/table"
  echo "$1: $middle $3"
}

for n in 1 2 3 4 5; do
  rm -rf "$work/ws"
  cp -a "$work/base" "$work/ws"
  sync
  "$driver" commit "$work/ws" "$rows" > "$work/said"
  field rows_per_second < "$work/said" >> "$work/commit"
done
row "commit of $rows predictions × 15 features, synced" "$work/commit" "rows/s" "≥ 1,000,000" "ledger commit WS $rows"
bytes=$("$probant" -w "$work/ws" ledger stats --json | python3 -c 'import json, sys; it = json.load(sys.stdin); print(round(it["bytes"] / it["proposals"], 2))')
echo "$bytes" > "$work/bytes"
row "bytes of \`ledger/\` a prediction" "$work/bytes" "B" "≤ 26" "probant ledger stats"
for n in 1 2 3 4 5; do wall "$work/verify" "$probant" -w "$work/ws" ledger verify --full; done
awk -v n="$rows" '{ printf "%.0f\n", n / $1 * 1000 }' "$work/verify" > "$work/verify.rate"
row "\`ledger verify --full\`, whole process" "$work/verify.rate" "rows/s" "≥ 1,500,000" "probant ledger verify --full"
for n in 1 2 3 4 5; do
  "$driver" find "$work/ws" "L$((rows / 6 * n))" > "$work/said"
  field scan_ms < "$work/said" >> "$work/scan"
  wall "$work/explain" "$probant" -w "$work/ws" explain "L$((rows / 6 * n))" --why audit
done
row "one lead among $rows: its pseudonyms scanned, cold process" "$work/scan" "ms" "≤ 50" "ledger find WS LEAD"
row "the same, \`explain\` as a whole process" "$work/explain" "ms" "" "probant explain LEAD"

if [[ -n $nights ]]; then
  cp -a "$work/base" "$work/year"
  "$driver" nights "$work/year" 365 100000 > "$work/said"
  for n in 1 2 3 4 5; do
    "$driver" find "$work/year" "N$((n * 60))" > "$work/said"
    field scan_ms < "$work/said" >> "$work/year.scan"
    wall "$work/year.once" "$probant" -w "$work/year" explain "N$((n * 60))" --why audit
    wall "$work/year.each" "$probant" -w "$work/year" explain "L$((n * 15000))" --why audit
  done
  row "one lead in 365 nights of 100,000: pseudonyms scanned" "$work/year.scan" "ms" "≤ 5,000" "ledger find YEAR LEAD"
  row "\`explain\` of a lead of one night of them, whole process" "$work/year.once" "ms" "≤ 5,000" "probant explain LEAD"
  row "\`explain\` of a lead of all 365 nights, whole process" "$work/year.each" "ms" "≤ 5,000" "probant explain LEAD"
  rm -rf "$work/year"
fi

if [[ -n $erase ]] && "$probant" subject erase --help > /dev/null 2>&1; then
  # What stays of erased rows: what the wrapped key and the list of erased rows take beyond a whole segment's key.
  kept() { find "$1/ledger" \( -name '*.key' -o -name '*.erased' \) -printf '%s\n' | awk '{ s += $1 } END { print s + 0 }'; }
  whole=$(kept "$work/ws")
  for n in 1 2 3 4 5; do
    rm -rf "$work/erased"
    cp -a "$work/ws" "$work/erased"
    wall "$work/erase.one" "$probant" -w "$work/erased" subject erase "L$((n * 1000))" --request "R-$n" --now --as dpo
    echo $(($(kept "$work/erased") - whole)) >> "$work/residue.one"
  done
  row "erasure of one lead from a segment of $rows" "$work/erase.one" "ms" "≤ 1,000" "probant subject erase LEAD --request R --now"
  row "what stays of the first erased row" "$work/residue.one" "B" "≤ 352" "size of .key and .erased"
  # One in a hundred, spread over the segment.
  { echo lead,reference; seq 1 100 "$rows" | sed 's/.*/L&,R-&/'; } > "$work/batch.csv"
  count=$(($(wc -l < "$work/batch.csv") - 1))
  for n in 1 2 3 4 5; do
    rm -rf "$work/erased"
    cp -a "$work/ws" "$work/erased"
    wall "$work/erase.many" "$probant" -w "$work/erased" subject erase --batch "$work/batch.csv" --now --as dpo
    echo $((($(kept "$work/erased") - whole) / count)) >> "$work/residue.many"
  done
  row "erasure of $count leads in one batch" "$work/erase.many" "ms" "≤ 1,000" "probant subject erase --batch FILE --now"
  row "what stays of each of them" "$work/residue.many" "B" "≤ 130" "size of .key and .erased"
  wall "$work/erase.verify" "$probant" -w "$work/erased" ledger verify --full
fi

day=$(date -u +%F)
file=benches/runs/$day-ledger.md
n=2
while [[ -e $file ]]; do file=benches/runs/$day-ledger-$n.md; n=$((n + 1)); done
{
  echo "# The ledger, $day"
  echo
  echo "| what | median of 5 | least–most | unit | goal | command |"
  echo "| --- | ---: | ---: | --- | --- | --- |"
  cat "$work/table"
  echo
  echo "Commits are synced to the disk named below, from taking the lock to the durable checkpoint: shuffle, leaves, tree, packing, sealing"
  echo "and writing of rows whose codes, scores and pseudonyms were ready. Each commit begins on a fresh copy of the workspace."
  echo "Every look-up is a process of its own, but the system's file cache is warm: it cannot be dropped here."
  echo
  echo "- commit: $(git rev-parse --short=12 HEAD)$(git diff --quiet HEAD -- src benches/ledger.rs || echo ', with changes')"
  echo "- command: \`benches/ledger.sh FOLDER${nights:+ --nights}${erase:+ --erase}\`"
  echo "- CPU: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) threads; load before: $load"
  echo "- disk: $(stat -f -c %T "$folder"), $(df --output=source "$folder" | tail -1); memory: $(awk '/MemTotal/ { printf "%.1f GiB", $2 / 1048576 }' /proc/meminfo); system: $(uname -sr)"
  echo "- versions: $("$probant" --version), $(rustc --version | cut -d' ' -f1,2)"
} > "$file"
cat "$file"
