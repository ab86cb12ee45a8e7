#!/usr/bin/env python3
"""Sorts perf's samples by kind of work: perf script -F ip,sym | profile.py ROWS HERTZ. Prints a table in Markdown."""
import re
import sys

KINDS = [
    ("SHA-256: pseudonyms, salts, leaves, tree, files", r"sha2::|probant::digest|ledger::tree|ledger::salt"),
    ("records of leaves", r"ledger::leaves|ledger::record|replay"),
    ("who was met", r"workspace::met"),
    ("sealing (ChaCha20-Poly1305)", r"chacha|poly1305|mm256_permute"),
    ("zstd", r"ZSTD|HUF|HIST|FSE|zstd"),
    ("Parquet in", r"polars_parquet::(arrow::read|parquet::read)|HybridRleDecoder|unpack|table::(decode|read|sound)|decode_hybrid"),
    ("Parquet out", r"polars_parquet|polars_arrow|table::write"),
    ("codes and scores", r"probant::features|probant::model|libm|rint"),
    ("score file's columns", r"workspace::sheet|report::reasons"),
    ("identifiers and values as they came", r"probant::name|probant::pseudonym|probant::intake|table::texts"),
    ("copies and allocation", r"mem(move|set|cpy|cmp)|malloc|_int_|free|realloc|unlink_chunk"),
]


def main():
    rows, hertz = int(sys.argv[1]), int(sys.argv[2])
    counts, total = {}, 0
    for line in sys.stdin:
        parts = line.split(None, 1)
        if len(parts) < 2:
            continue
        address, symbol = parts
        total += 1
        if address.startswith("ffffffff"):
            kind = "the kernel: pages, files, threads"
        else:
            kind = next((name for name, shape in KINDS if re.search(shape, symbol)), "the rest, inlined iterators most of all")
        counts[kind] = counts.get(kind, 0) + 1
    print("| work | CPU ms a million leads | share |")
    print("| --- | ---: | ---: |")
    for kind, count in sorted(counts.items(), key=lambda it: -it[1]):
        print(f"| {kind} | {count / hertz / rows * 1e9:.0f} | {100 * count / total:.0f} % |")
    print(f"| all | {total / hertz / rows * 1e9:.0f} | 100 % |")


if __name__ == "__main__":
    main()
