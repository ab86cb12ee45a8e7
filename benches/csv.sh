#!/usr/bin/env bash
# The same leads from a French CSV and from Parquet: reading alone, then whole nights. Medians of five.
#
#   benches/csv.sh [ROWS]           default 1000000; half a percent of them are bad rows (french_csv.py)
#
#   PEERS    folder of make_leads.py        default benches
#   PROBANT  the binary                     default target/release/probant (built if absent)
#   DRIVER   benches/intake.rs, built       default: built by cargo
#   PYTHON   with numpy and pyarrow         default: a virtual environment with pinned versions
#   WORK     where exports and workspaces go; exports are kept if given, else a temporary folder
#
# Writes benches/runs/<date>-csv.md. Needs python3 with venv, and GNU time.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=benches/people.sh
. benches/people.sh
root=$PWD
rows=${1:-1000000}
peers=$(realpath "${PEERS:-benches}")
target=${CARGO_TARGET_DIR:-$root/target}
probant=$(realpath -m "${PROBANT:-$target/release/probant}")
[[ -x $probant ]] || cargo build --release
driver=${DRIVER:-$(cargo bench --bench intake --no-run --message-format=json 2> /dev/null |
  python3 -c 'import json, sys; print([it["executable"] for it in map(json.loads, sys.stdin) if it.get("target", {}).get("name") == "intake" and it.get("executable")][-1])')}
[[ -x /usr/bin/time ]] || { echo "GNU time is needed at /usr/bin/time" >&2; exit 2; }
if [[ -n ${WORK:-} ]]; then mkdir -p "$WORK"; work=$(realpath "$WORK"); else work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; fi
load=$(cut -d' ' -f1-3 /proc/loadavg)

if [[ -z ${PYTHON:-} ]]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" -q install numpy==2.4.6 pyarrow==26.0.1
  PYTHON=$work/venv/bin/python
fi
# make NAME ROWS SEED: NAME.csv, NAME.parquet with the same leads, NAME.json with what is in them.
make() {
  [[ -f $work/$1.json ]] && return
  "$PYTHON" "$peers/make_leads.py" "$2" "$work/plain.parquet" "$3"
  "$PYTHON" benches/french_csv.py "$work/plain.parquet" "$work/$1.csv" > "$work/$1.made"
  rm "$work/plain.parquet"
  mv "$work/$1.made" "$work/$1.json"
}
make train 100000 1
make night-$rows "$rows" 3
leads=$work/night-$rows

# Two workspaces whose policies differ in the dialect, and nothing else; each learns from its own format.
sed '/^\[data\]/,/^$/ s/^format = "parquet"/format = "csv"\nseparator = ";"\nencoding = "windows-1252"\ndecimal = ","/' \
  benches/leads.toml > "$work/csv.toml"
cp benches/leads.toml "$work/parquet.toml"
for format in csv parquet; do
  rm -rf "$work/$format"
  mkdir "$work/$format"
  (
    cd "$work/$format"
    "$probant" init > /dev/null 2>&1
    cp "$work/$format.toml" probant.toml
    people "$probant"
    "$probant" train "$work/train.$format" --as data --key data.key > /dev/null 2> "$work/err" || { cat "$work/err" >&2; exit 1; }
    publish "$probant"
  )
done

# field NAME: of the JSON on stdin; in it, wherever it stands.
field() {
  python3 -c 'import json, sys
def find(it):
    if isinstance(it, dict):
        if sys.argv[1] in it: return it[sys.argv[1]]
        it = list(it.values())
    return next((found for found in map(find, it) if found is not None), None) if isinstance(it, list) else None
print(find(json.load(sys.stdin)))' "$1"
}
# median FILE: of a column of numbers.
median() { sort -g "$1" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
# span FILE: its least and its most.
span() { sort -g "$1" | awk 'NR == 1 { least = $1 } END { print least "–" $1 }'; }

rm -f "$work"/*.list
for threads in 1 $(nproc); do
  RAYON_NUM_THREADS=$threads "$driver" "$leads.csv" "$work/csv.toml" 6 | tail -5 > "$work/reading"
  while read -r line; do
    for what in wall cpu mb_per_second mb_per_cpu_second failed; do field $what <<< "$line" >> "$work/read-$threads-$what.list"; done
  done < "$work/reading"
done

for n in 1 2 3 4 5; do
  for format in csv parquet; do
    rm -rf "$work/night"
    cp -a "$work/$format" "$work/night"
    sync
    /usr/bin/time -f "%e %U %S %M" -o "$work/time" "$probant" -w "$work/night" score "$leads.$format" \
      --out "$work/scores-$format.parquet" --json > "$work/said" 2> "$work/err" || { cat "$work/err" >&2; exit 1; }
    read -r wall user system peak < "$work/time"
    echo "$wall" >> "$work/$format-wall.list"
    awk "BEGIN { print $user + $system }" >> "$work/$format-cpu.list"
    awk "BEGIN { printf \"%.0f\n\", $peak / 1024 }" >> "$work/$format-peak.list"
    for what in proposed failed; do field $what < "$work/said" > "$work/$format-$what"; done
    rm -f "$work/scores-$format.last"
    mv "$work/scores-$format.parquet" "$work/scores-$format.last"
  done
done
for what in proposed failed; do
  cmp -s "$work/csv-$what" "$work/parquet-$what" || { echo "not as many $what: $(cat "$work/csv-$what"), $(cat "$work/parquet-$what")" >&2; exit 1; }
done
bad=$(field failed < "$leads.json")
[[ $(cat "$work/csv-failed") == "$bad" ]] || { echo "$(cat "$work/csv-failed") rows failed where $bad are bad" >&2; exit 1; }
# A row that failed is known by its identifier in the CSV only; every other row must be the same in all that is said of it.
same=$("$PYTHON" -c 'import sys, pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq
def said(path):
    table = pq.read_table(path)
    scored = pc.is_valid(table["score"])
    plain = lambda it: pc.cast(it, pa.string()) if pa.types.is_string_view(it.type) else it
    return [plain(table[name]).filter(scored) for name in table.column_names if name not in ("decision", "run")]
one, two = map(said, sys.argv[1:])
assert all(map(pa.ChunkedArray.equals, one, two)), "the two score files differ"
print(len(one[0]))' "$work/scores-csv.last" "$work/scores-parquet.last")

day=$(date -u +%F)
file=benches/runs/$day-csv.md
n=2
while [[ -e $file ]]; do file=benches/runs/$day-csv-$n.md; n=$((n + 1)); done
size() { stat -c %s "$leads.$1"; }
{
  echo "# A French CSV against Parquet, $rows leads, $day"
  echo
  echo "Windows-1252, \`;\`, decimal comma, CRLF, quotes where needed: $(awk "BEGIN { printf \"%.1f\", $(size csv) / 1e6 }") MB, of whose $rows rows $bad are bad."
  echo
  echo "## Reading alone"
  echo
  echo "From the file's bytes to typed portions, by \`intake\` (16 of 20 columns, bad rows told apart); medians of 5, one more to warm up."
  echo
  echo "| threads | wall s | CPU s | MB/s | MB per CPU second | least–most | goal | bad rows found |"
  echo "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
  for threads in 1 $(nproc); do
    at() { median "$work/read-$threads-$1.list"; }
    echo "| $threads | $(at wall) | $(at cpu) | $(at mb_per_second) | $(at mb_per_cpu_second) | $(span "$work/read-$threads-mb_per_cpu_second.list") | ≥ 150 | $(at failed) |"
  done
  echo
  echo "A repeated identifier is found by the night, not by the reader; so the reader finds fewer."
  echo
  echo "## The whole night"
  echo
  echo "\`probant score\` to a Parquet score file, whole processes, by turns, each on a fresh copy of its workspace; medians of 5."
  echo
  echo "| export | size MB | wall s | least–most | CPU s | rows/s | MB/s | peak MiB | proposed | failed |"
  echo "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
  for format in csv parquet; do
    wall=$(median "$work/$format-wall.list")
    awk -v f=$format -v size="$(size $format)" -v wall="$wall" -v span="$(span "$work/$format-wall.list")" -v cpu="$(median "$work/$format-cpu.list")" \
      -v rows="$rows" -v peak="$(median "$work/$format-peak.list")" -v proposed="$(cat "$work/$format-proposed")" -v failed="$(cat "$work/$format-failed")" \
      'BEGIN { printf "| %s | %.1f | %s | %s | %s | %.0f | %.0f | %s | %s | %s |\n", f, size / 1e6, wall, span, cpu, rows / wall, size / 1e6 / wall, peak, proposed, failed }'
  done
  echo "| CSV ÷ Parquet | | $(awk "BEGIN { printf \"%.2f\", $(median "$work/csv-wall.list") / $(median "$work/parquet-wall.list") }") | | $(awk "BEGIN { printf \"%.2f\", $(median "$work/csv-cpu.list") / $(median "$work/parquet-cpu.list") }") | | | | | |"
  echo
  echo "Both score files say the same of each of the $same proposals, to the last contribution (decision numbers are drawn anew for each run)."
  echo
  echo "- commit: $(git rev-parse --short=12 HEAD 2> /dev/null || echo none)$(git diff --quiet HEAD -- src benches/intake.rs 2> /dev/null || echo ', with changes')"
  echo "- command: \`benches/csv.sh $rows\`"
  echo "- CPU: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) threads; load before: $load"
  echo "- memory: $(awk '/MemTotal/ { printf "%.1f GiB", $2 / 1048576 }' /proc/meminfo); system: $(uname -sr)"
  echo "- versions: $("$probant" --version), $(rustc --version | cut -d' ' -f1,2), $("$PYTHON" -c 'import numpy, pyarrow; print("numpy", numpy.__version__ + ", pyarrow", pyarrow.__version__)')"
  echo "- export: make_leads.py, seeds 1 (100,000 to train on) and 3, through french_csv.py; bad rows: $(python3 -c 'import json, sys; print(", ".join(f"{n} {it}" for it, n in json.load(sys.stdin).items() if " " in it))' < "$leads.json")"
} > "$file"
cat "$file"
