#!/usr/bin/env bash
# Fuzzes every target in turn and writes what came of it.
#
#   tests/fuzz/run.sh [SECONDS [TARGET…]]      default 180 seconds each, all targets
#
# Needs a nightly toolchain and `cargo install cargo-fuzz`. Writes benches/runs/<date>-fuzz.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-180}
shift || true
targets=("$@")
if [[ ${#targets[@]} = 0 ]]; then mapfile -t targets < <(cargo +nightly fuzz list --fuzz-dir tests/fuzz); fi
load=$(cut -d' ' -f1-3 /proc/loadavg)
(cd tests/fuzz && cargo +nightly run -q --example seeds)
cargo +nightly fuzz build --fuzz-dir tests/fuzz
logs=$(mktemp -d)
findings=0
for target in "${targets[@]}"; do
  mkdir -p "tests/fuzz/artifacts/$target"
  found() { find "tests/fuzz/artifacts/$target" -type f | wc -l; }
  before=$(found)
  cargo +nightly fuzz run --fuzz-dir tests/fuzz "$target" -- -max_total_time="$seconds" -max_len=65536 \
    -rss_limit_mb=2048 -malloc_limit_mb=1024 -timeout=20 -print_final_stats=1 > "$logs/$target" 2>&1 || true
  after=$(found)
  findings=$((findings + after - before))
  echo "$target: $(grep -o 'stat::number_of_executed_units.*' "$logs/$target" || true), $((after - before)) findings"
  last=$(grep -E 'cov: ' "$logs/$target" | tail -1)
  field() { sed -n "s/.* $1: \([^ ]*\).*/\1/p" <<< "$last"; }
  stat() { sed -n "s/^stat::$1: *//p" "$logs/$target"; }
  # `corp` is inputs/bytes.
  echo "| $target | $(stat number_of_executed_units) | $(field cov) | $(field ft) | $(field corp | sed 's|/.*||') | $(stat peak_rss_mb) | $((after - before)) |" >> "$logs/table"
done
day=$(date -u +%F)
file=benches/runs/$day-fuzz.md
n=2
while [[ -e $file ]]; do file=benches/runs/$day-fuzz-$n.md; n=$((n + 1)); done
{
  echo "# The readers of stored bytes, fuzzed for $seconds s each, $day"
  echo
  echo "| target | executions | edges | features | corpus | peak MiB | findings |"
  echo "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
  cat "$logs/table"
  echo
  echo "libFuzzer with AddressSanitizer, overflow checks and debug assertions; findings are panics, overflows, memory above"
  echo "1 GiB in one piece or 2 GiB in all, and inputs that take 20 s. A target asks what \`tests/it/mutators.rs\` asks."
  echo
  echo "- command: \`tests/fuzz/run.sh $seconds\`, each \`cargo +nightly fuzz run --fuzz-dir tests/fuzz TARGET\`"
  echo "- commit: $(git rev-parse --short=12 HEAD)$(git diff --quiet HEAD -- src tests/fuzz || echo ', with changes')"
  echo "- CPU: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) threads, one used; load before: $load; system: $(uname -sr)"
  echo "- versions: $(rustc +nightly --version | cut -d' ' -f1-4), $(cargo +nightly fuzz --version)"
} > "$file"
cat "$file"
exit $((findings > 0))
