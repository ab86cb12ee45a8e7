#!/usr/bin/env bash
# The latest run of a workspace handed out with its rows, then verified by Python and by Go, timed from outside.
#
#   benches/bundle.sh WORKSPACE PERSON      a workspace that `night.sh` or `probant demo` left
#
#   PROBANT  the binary                     default target/release/probant
#   PYTHON   with `cryptography`            default python3
#   GO       1.25 or later                  default go
#
# Prints a table in Markdown. Needs GNU time. The bundle is removed again; the hand-over stays in the log.
set -euo pipefail
ws=$(realpath "$1") person=$2
probant=$(realpath "${PROBANT:-$(dirname "$0")/../target/release/probant}")
python=${PYTHON:-python3} go=${GO:-go}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

timed() { # NAME COMMAND…
  local name=$1
  shift
  /usr/bin/time -f "%e %U %S %M" -o "$work/time" "$@" > "$work/out" 2> "$work/err" || { cat "$work/err" >&2; exit 1; }
  awk -v name="$name" '{ printf "| %s | %s | %.2f | %.0f |\n", name, $1, $2 + $3, $4 / 1024 }' "$work/time"
}

echo "| step | wall s | CPU s | peak MiB |"
echo "| --- | ---: | ---: | ---: |"
timed "bundle" "$probant" -w "$ws" ledger bundle --run @latest --rows --recipient bench --as "$person" --out "$work/bundle"
timed "verify.py" "$python" "$work/bundle/verify.py" "$work/bundle"
mkdir "$work/check"
cp "$work/bundle/verify.go" "$work/check/main.go"
cp -r "$("$go" env GOROOT)/src/cmd/vendor/golang.org/x/mod" "$work/check/mod"
printf 'module golang.org/x/mod\n\ngo 1.25\n' > "$work/check/mod/go.mod"
printf 'module check\n\ngo 1.25\n\nrequire golang.org/x/mod v0.40.0\n\nreplace golang.org/x/mod => ./mod\n' > "$work/check/go.mod"
(cd "$work/check" && GOFLAGS=-mod=mod GOPROXY=off "$go" build -o check .)
timed "verify.go" "$work/check/check" "$work/bundle"
echo
echo "Bundle of $(du -sh "$work/bundle" | cut -f1) on disk; load before: $(cut -d' ' -f1-3 /proc/loadavg)."
