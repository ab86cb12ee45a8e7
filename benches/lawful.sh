#!/usr/bin/env bash
# What the law costs a night: the same export scored under none-1 and under fr-1, by turns, on fresh copies. Medians.
#
#   benches/lawful.sh [FOLDER] [ROWS] [TURNS]    keeps the exports in FOLDER, else in a temporary folder; 1000000 rows, 5 turns
#
#   PEERS    folder of make_leads.py    default benches
#   PROBANT  the binary                 default target/release/probant (built if absent)
#   SHARES   shares of eligible leads   default "1 0.7"
#
# Prints a table in Markdown. Needs python3 with venv, and GNU time.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=benches/people.sh
. benches/people.sh
# shellcheck source=benches/setup.sh
. benches/setup.sh
folder "${1:-}"
rows=${2:-1000000}
turns=${3:-5}
[[ -n ${PYTHON:-} ]] || { environment numpy==2.4.6 pyarrow==26.0.1; PYTHON=$work/venv/bin/python; }
make() { [[ -f $2 ]] || { "$PYTHON" "$peers/make_leads.py" "$1" "$work/making.parquet" "$3"; mv "$work/making.parquet" "$2"; }; }
make 100000 "$work/leads-100000-1.parquet" 1
make "$rows" "$work/leads-$rows-3.parquet" 3
product
root=$PWD
ws=$(mktemp -d "$work/lawful-XXXXXX")
trap 'rm -rf "$ws"' EXIT

# Two workspaces with one model, whose policies differ in the law.
mkdir -p "$ws/none-1/consents"
cd "$ws/none-1"
"$PROBANT" init > /dev/null 2>&1
printf 'one\n' > consents/letter-1.txt
printf 'two\n' > consents/letter-2.txt
cp "$root/benches/leads.toml" probant.toml
people "$PROBANT"
"$PROBANT" train "$work/leads-100000-1.parquet" --as data --key data.key > /dev/null 2>&1
publish "$PROBANT"
cat "$root/benches/lawful.toml" >> probant.toml
sed -i "s|^basis = .*|basis = [\"consent\", \"legitimate-interest\"]\nchannel = \"email\"\nassessment = \"li.toml\"|" probant.toml
cat > li.toml << END
id = "li-1"
purpose = "benchmark"
interest = "To call back first who is likely to buy."
necessity = "Without an order the team calls at random."
balance = "A professional expects it, and may object."
signed_by = "dpo"
date = "2026-01-01"
expires = "2026-12-31"
END
"$PROBANT" law sign li.toml --as dpo --key dpo.key > /dev/null
cp -a "$ws/none-1" "$ws/fr-1"
printf '\n[law]\npack = "fr-1"\n' >> "$ws/fr-1/probant.toml"
cd "$root"

median() { sort -g "$1" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
echo "| leads with a ground | pack | proposed | refused | wall s | CPU s | peak MiB |"
echo "| ---: | --- | ---: | ---: | ---: | ---: | ---: |"
for share in ${SHARES:-1 0.7}; do
  data=$work/lawful-$rows-$share.parquet
  [[ -f $data ]] || { "$PYTHON" benches/lawful.py "$work/leads-$rows-3.parquet" "$work/making.parquet" "$share"; mv "$work/making.parquet" "$data"; }
  rm -f "$ws"/*.list
  for n in $(seq 0 "$turns"); do
    for law in none-1 fr-1; do
      rm -rf "$ws/night"
      cp -a "$ws/$law" "$ws/night"
      sync
      /usr/bin/time -f "%e %U %S %M" -o "$ws/time" "$PROBANT" -w "$ws/night" score "$data" --date 2026-11-25 \
        --out "$ws/scores.parquet" --json > "$ws/said-$law" 2> "$ws/err" || { cat "$ws/err" >&2; exit 1; }
      rm -f "$ws/scores.parquet"
      [[ $n == 0 ]] && continue # one more to warm up
      read -r wall user system peak < "$ws/time"
      echo "$wall" >> "$ws/$law-wall.list"
      awk "BEGIN { print $user + $system }" >> "$ws/$law-cpu.list"
      awk "BEGIN { printf \"%.0f\n\", $peak / 1024 }" >> "$ws/$law-peak.list"
    done
  done
  for law in none-1 fr-1; do
    read -r proposed refused < <(python3 -c 'import json, sys; it = json.load(open(sys.argv[1])); print(it["proposed"], it["refused"])' "$ws/said-$law")
    echo "| $share | $law | $proposed | $refused | $(median "$ws/$law-wall.list") | $(median "$ws/$law-cpu.list") | $(median "$ws/$law-peak.list") |"
  done
  ratio() { awk "BEGIN { printf \"%+.1f %%\", 100 * ($(median "$ws/fr-1-$1.list") / $(median "$ws/none-1-$1.list") - 1) }"; }
  echo "| $share | difference | | | $(ratio wall) | $(ratio cpu) | |"
done
