#!/usr/bin/env bash
# A night's work on a million synthetic leads, timed from outside: train, activate, score, verify.
#
#   benches/night.sh [ROWS]                 default 1000000; also trains on as many
#
#   PEERS    folder of make_leads.py        default benches
#   PROBANT  the binary                     default target/release/probant (built if absent)
#   WORK     where exports and the workspace go; kept if given, else a temporary folder
#
# Writes benches/runs/<date>-night.md. Needs python3 with venv, and GNU time.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=benches/people.sh
. benches/people.sh
root=$PWD
rows=${1:-1000000}
peers=$(realpath "${PEERS:-benches}")
probant=${PROBANT:-$root/target/release/probant}
if [[ -n ${WORK:-} ]]; then mkdir -p "$WORK"; work=$(realpath "$WORK"); else work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; fi

[[ -f $peers/make_leads.py ]] || { echo "no make_leads.py in $peers: set PEERS" >&2; exit 2; }
[[ -x /usr/bin/time ]] || { echo "GNU time is needed at /usr/bin/time" >&2; exit 2; }
[[ -x $probant ]] || cargo build --release

# The exports: same versions, same bytes.
numpy=2.4.6 pyarrow=26.0.1
if [[ ! -x $work/venv/bin/python ]]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" -q install "numpy==$numpy" "pyarrow==$pyarrow"
fi
for seed in 1 3; do # 1 to train on, 3 to score: their identifiers differ
  export=$work/leads-$rows-$seed.parquet
  [[ -f $export ]] || "$work/venv/bin/python" "$peers/make_leads.py" "$rows" "$export" "$seed"
done

ws=$work/workspace
rm -rf "$ws"
mkdir "$ws"
cd "$ws"
"$probant" init > /dev/null
cp "$root/benches/leads.toml" probant.toml
people "$probant"

# timed NAME COMMAND…: runs it, keeps what GNU time says in NAME.time.
timed() {
  local name=$1
  shift
  echo "$*" | sed "s|$probant|probant|; s|$work/||g" > "$work/$name.command"
  /usr/bin/time -v -o "$work/$name.time" "$@" > "$work/$name.out" 2> "$work/$name.err" || { cat "$work/$name.err" >&2; exit 1; }
}
load=$(cut -d' ' -f1-3 /proc/loadavg)
timed train "$probant" train "$work/leads-$rows-1.parquet" --as data --key data.key
publish "$probant"
timed score "$probant" score "$work/leads-$rows-3.parquet" --out "$work/scores.parquet"
timed verify "$probant" ledger verify --full
cd "$root"

# seconds NAME: wall seconds of a step, from [h:]mm:ss.
seconds() { sed -n 's/.*Elapsed (wall clock).*: //p' "$work/$1.time" | awk -F: '{ s = 0; for (i = 1; i <= NF; i++) s = s * 60 + $i; print s }'; }
cpu() { awk -F': ' '/User time|System time/ { s += $2 } END { printf "%.2f", s }' "$work/$1.time"; }
peak() { awk -F': ' '/Maximum resident/ { printf "%.0f", $2 / 1024 }' "$work/$1.time"; }

# Two runs in one day keep both their files.
day=$(date -u +%F)
file=benches/runs/$day-night.md
n=2
while [[ -e $file ]]; do file=benches/runs/$day-night-$n.md; n=$((n + 1)); done
{
  echo "# A night on $rows synthetic leads, $day"
  echo
  echo "| step | wall s | leads/s | CPU s | peak MiB | command |"
  echo "| --- | ---: | ---: | ---: | ---: | --- |"
  for step in train score verify; do
    wall=$(seconds $step)
    rate=$(awk -v n="$rows" -v s="$wall" 'BEGIN { printf "%.0f", n / (s > 0 ? s : 0.01) }')
    echo "| $step | $wall | $rate | $(cpu $step) | $(peak $step) | \`$(cat "$work/$step.command")\` |"
  done
  echo
  echo "Whole processes, start-up included, timed by GNU time; wall times have a resolution of 0.01 s."
  echo "Training includes cross-validation, pairs, holdout, bootstrap and certificate."
  echo
  echo "- commit: $(git rev-parse --short=12 HEAD 2> /dev/null || echo none)$(git diff --quiet HEAD 2> /dev/null || echo ', with changes')"
  echo "- command: \`benches/night.sh $rows\`"
  echo "- CPU: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) threads; load before: $load"
  echo "- memory: $(awk '/MemTotal/ { printf "%.1f GiB", $2 / 1048576 }' /proc/meminfo); system: $(uname -sr)"
  echo "- versions: $("$probant" --version), $(rustc --version | cut -d' ' -f1,2), numpy $numpy, pyarrow $pyarrow"
  echo "- export: make_leads.py, seeds 1 (train) and 3 (score), $(du -m "$work/leads-$rows-3.parquet" | cut -f1) MiB of Parquet"
  echo "- ledger: $(du -sb "$ws/ledger" | cut -f1) bytes on disk"
} > "$file"
cat "$file"
