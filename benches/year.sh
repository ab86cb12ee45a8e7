#!/usr/bin/env bash
# A year of a model on Bank Marketing (additional) in the order of its calls: train, score, outcomes, watch, and after
# an alert train again, compare, have it approved by a second person, activate; once, go back.
#
#   benches/year.sh BANK_ADDITIONAL_FULL_CSV
#
# Prints the table of benches/runs/<date>-year.md. The file is UCI 222 (CC BY 4.0); it is not part of this project.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo bench --quiet --bench year -- "$(realpath "$1")"
