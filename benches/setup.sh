# Sourced by `race.sh` and `growth.sh`: the folder, the pinned environment, the exports and what is measured.

peers=$(realpath "${PEERS:-benches}")
[[ -f $peers/make_leads.py ]] || { echo "no make_leads.py in $peers: set PEERS" >&2; exit 2; }

# folder [FOLDER]: where exports and environment stay, or a temporary one.
folder() {
  if [[ -n $1 ]]; then mkdir -p "$1"; work=$(realpath "$1"); else work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; fi
  export WORK=$work PEERS=$peers PYTHONDONTWRITEBYTECODE=1
}

# environment PACKAGE==VERSION…: same versions, same bytes.
environment() {
  [[ -x $work/venv/bin/python ]] || python3 -m venv "$work/venv"
  "$work/venv/bin/pip" -q install --disable-pip-version-check "$@"
  export PACKAGES="$*"
}

# export_leads ROWS SEED…: made once; moved into place when whole.
export_leads() {
  while [[ $# -gt 0 ]]; do
    local to=$work/leads-$1-$2.parquet
    if [[ ! -f $to ]]; then
      "$work/venv/bin/python" "$peers/make_leads.py" "$1" "$work/making.parquet" "$2"
      mv "$work/making.parquet" "$to"
    fi
    shift 2
  done
}

# product: the binary of this tree, unless another is named.
product() {
  if [[ -z ${PROBANT:-} ]]; then
    cargo build --release
    PROBANT=${CARGO_TARGET_DIR:-$PWD/target}/release/probant
  fi
  PROBANT=$(realpath "$PROBANT")
  export PROBANT
}

# driver NAME: benches/NAME.rs, built; prints its path.
driver() {
  cargo bench --bench "$1" --no-run --message-format=json 2> /dev/null | python3 -c '
import json, sys
built = [it["executable"] for it in map(json.loads, sys.stdin) if it.get("target", {}).get("name") == sys.argv[1] and it.get("executable")]
print(built[-1] if built else sys.exit(f"benches/{sys.argv[1]}.rs cannot be built"))' "$1"
}
