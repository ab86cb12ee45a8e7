#!/usr/bin/env python3
"""Exports of other shapes than make_leads.py's: wide_leads.py ROWS FEATURES LEVELS SEED OUT.parquet

An identifier, FEATURES features (two categories of LEVELS levels, then a number, and so on) and the outcome; one value in fifty
is missing. The outcome follows a known logistic model of which every feature is a part. Nobody in it is real. Needs numpy 2.x
and pyarrow (pin both: same versions, same bytes)."""
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CHUNK = 250_000


def name(feature):
    return f"f{feature:03d}"


def is_number(feature):
    return feature % 3 == 2


def table(rows, features, levels, seed, start):
    draws, truth = np.random.default_rng([seed, start]), np.random.default_rng(7)  # the same truth for every seed
    size = 1.5 / np.sqrt(features)  # however many features: the same signal in all
    log_odds = np.full(rows, -1.5)
    columns = {"lead_id": pa.array([f"W{seed * 1_000_000_000 + start + row:011d}" for row in range(rows)])}
    for feature in range(features):
        missing = draws.random(rows) < 0.02
        if is_number(feature):
            values = np.round(draws.lognormal(2.5, 1.0, rows), 2)
            log_odds += size * np.sin(1.3 * np.log1p(values) + feature)
            columns[name(feature)] = pa.array(values, mask=missing)
        else:
            codes = draws.integers(0, levels, rows)
            log_odds += size * truth.normal(0, 0.7, levels)[codes]
            texts = pa.array([f"{name(feature)} level {level:03d}" for level in range(levels)])
            columns[name(feature)] = texts.take(pa.array(codes, mask=missing))
    columns["converted"] = pa.array((draws.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(np.int8))
    return pa.table(columns)


def policy(leads, features):
    """The policy of such an export, from the text of `leads.toml`."""
    head, _, rest = leads.partition('[columns."lead_id"]')
    outcome = rest[rest.index('[columns."converted"]') :]
    columns = ['[columns."lead_id"]\nkind = "text"\nrole = "identifier"\nid_type = "crm-id"\n']
    for feature in range(features):
        kind = "number" if is_number(feature) else "category"
        columns.append(f'[columns."{name(feature)}"]\nkind = "{kind}"\nrole = "feature"\nwhy = "A benchmark."\norigin = "Synthetic."\n')
    return head + "\n".join(columns) + "\n" + outcome


def main():
    rows, features, levels, seed = (int(word) for word in sys.argv[1:5])
    writer = None
    for start in range(0, rows, CHUNK):
        part = table(min(CHUNK, rows - start), features, levels, seed, start)
        writer = writer or pq.ParquetWriter(sys.argv[5], part.schema, compression="zstd")
        writer.write_table(part)
    writer.close()


if __name__ == "__main__":
    main()
