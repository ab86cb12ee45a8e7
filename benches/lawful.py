#!/usr/bin/env python3
"""Gives an export of make_leads.py the facts that a law asks: lawful.py IN.parquet OUT.parquet SHARE

SHARE of the leads, about, stands on a ground under fr-1 by e-mail: 1 for all of them. 70 % are professionals, the others
consumers with a complete proof of consent; what goes wrong with the rest is drawn. Needs numpy 2.x and pyarrow."""
import sys
import datetime
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

EPOCH = datetime.date(1970, 1, 1)


def day(text):
    return (datetime.date.fromisoformat(text) - EPOCH).days


def dates(days, mask=None):
    return pa.array(days.astype(np.int32), mask=mask).cast(pa.date32())


def main():
    source, out, share = sys.argv[1], sys.argv[2], float(sys.argv[3])
    table = pq.read_table(source)
    rows = table.num_rows
    g = np.random.default_rng(11)
    consumer = g.random(rows) < 0.3
    wrong = np.where(g.random(rows) < share, 0, g.integers(1, 9, rows))
    is_wrong = lambda what: wrong == what
    between = lambda first, last: g.integers(day(first), day(last), rows)
    collected = np.where(is_wrong(1), day("2019-05-01"), between("2025-01-01", "2026-06-01"))
    given = between("2026-06-02", "2026-09-01")
    audience = np.where(is_wrong(2), "inconnu", np.where(consumer, "particulier", "entreprise"))
    texts = lambda values: pa.array(values).dictionary_encode()
    no_consent = ~consumer | is_wrong(3)
    columns = {
        "f_audience": texts(audience),
        "f_objection": pa.array(is_wrong(4)),
        "f_collected": dates(collected),
        "f_contact": dates(collected, mask=g.random(rows) < 0.5),
        "f_customer": pa.array(g.random(rows) < 0.1),
        "f_informed": pa.array(~is_wrong(5)),
        "f_job": pa.array(~is_wrong(6)),
        "f_generic": pa.array(is_wrong(7)),
        "f_opt_out": pa.array(np.full(rows, True)),
        "c_when": dates(given, mask=no_consent),
        "c_wording": pa.array(np.where(g.random(rows) < 0.5, "letter-1.txt", "letter-2.txt"), mask=no_consent).dictionary_encode(),
        "c_source": pa.array(np.char.add("form ", g.integers(0, 40, rows).astype(str)), mask=no_consent).dictionary_encode(),
        "c_act": pa.array(np.full(rows, "box ticked"), mask=no_consent).dictionary_encode(),
        "c_scope": pa.array(np.full(rows, "email, sms"), mask=no_consent).dictionary_encode(),
        "c_withdrawn": dates(given + 3, mask=no_consent | ~is_wrong(8)),
    }
    for name, column in columns.items():
        table = table.append_column(name, column)
    pq.write_table(table, out, compression="zstd")


if __name__ == "__main__":
    main()
