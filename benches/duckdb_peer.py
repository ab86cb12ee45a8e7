#!/usr/bin/env python3
"""The same model in a database: DuckDB evaluates `probant export sql` over an export and writes Parquet. It writes no log.

duckdb_peer.py MODEL.sql OUT.parquet"""
import sys

import duckdb

with open(sys.argv[1], encoding="utf-8") as text:
    duckdb.execute(f"COPY (\n{text.read()}\n) TO '{sys.argv[2]}' (FORMAT parquet, COMPRESSION zstd)")
