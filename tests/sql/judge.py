#!/usr/bin/env python3
"""Judges the SQL of a model by running it in DuckDB, row by row against a score file.

    judge.py make ROWS.jsonl TYPES.json EXPORT.parquet
    judge.py compare DIALECT MODEL.sql EXPORT.parquet SCORES.parquet
    judge.py answered ANSWER.parquet|ANSWER.csv SCORES.parquet

`make` types the columns of a JSON export. `compare` runs the SQL over an export; `answered` takes what another
engine made of it (in CSV, a missing cell is `\\N`). Both print one JSON document of counts, all of which but the
rows must be 0. Other dialects than duckdb's are read by sqlglot, which knows none of this program, and run
as what it translates them to. Made of duckdb and sqlglot, and of nothing of Probant's."""
import json
import re
import sys

import duckdb

ONE = 1048576


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def make(rows, types, export):
    types = json.load(open(types, encoding="utf-8"))
    texts = ", ".join(f"'{name}': 'VARCHAR'" for name in types)
    typed = ", ".join(f"CAST({quoted(name)} AS {kind}) AS {quoted(name)}" for name, kind in types.items())
    source = f"read_json('{rows}', format = 'newline_delimited', columns = {{{texts}}})"
    duckdb.execute(f"COPY (SELECT {typed} FROM {source}) TO '{export}' (FORMAT parquet)")


def translated(sql, dialect):
    import sqlglot
    from sqlglot import exp

    def character(found):
        """An escaped character of a text, and of a PostgreSQL pattern, which sqlglot leaves as they are."""
        if found[1]:
            return rf"\\x{{{found[1]}}}"
        return chr(int(found[2], 16)) if found[2] else found[0]

    sql = re.sub(r"\\\\u([0-9a-f]{4})|\\\\|\\u([0-9a-f]{4})", character, sql)

    def own(node):
        """What DuckDB has by another name."""
        if isinstance(node, exp.Normalize):
            return exp.Anonymous(this="nfc_normalize", expressions=[node.this])
        # DuckDB takes some spaces of a query's text for plain ones, even within quotes.
        if isinstance(node, exp.Literal) and node.is_string and re.search(r"[^\S ]", node.this):
            parts = [part for part in re.split(r"([^\S ])", node.this) if part]
            chars = [f"chr({ord(it)})" if re.fullmatch(r"[^\S ]", it) else exp.Literal.string(it).sql("duckdb") for it in parts]
            return exp.Anonymous(this="concat", expressions=[exp.Var(this=it) for it in chars])
        return node

    tree = sqlglot.parse_one(sql, read=dialect).transform(own)
    return tree.sql(dialect="duckdb", unsupported_level=sqlglot.ErrorLevel.RAISE)


def compare(dialect, model, export, scores):
    sql = open(model, encoding="utf-8").read()
    if dialect != "duckdb":
        sql = translated(sql, dialect)
    names = [row[0] for row in duckdb.execute(f"DESCRIBE SELECT * FROM read_parquet('{export}')").fetchall()]
    if dialect == "bigquery":  # what its columns cannot be called
        names = [re.sub(r"[^\w &%+:#-]", "_", name) for name in names]
    columns = ", ".join(map(quoted, names))
    duckdb.execute(f"CREATE VIEW leads({columns}) AS SELECT * FROM read_parquet('{export}')")
    duckdb.execute(f"CREATE TABLE answer AS {sql}")
    judge(scores)


def answered(answer, scores):
    csv = answer.endswith(".csv")
    source = f"read_csv('{answer}', nullstr = '\\N', sample_size = -1)" if csv else f"read_parquet('{answer}')"
    duckdb.execute(f"CREATE TABLE answer AS SELECT * FROM {source}")
    judge(scores)


def judge(scores):
    duckdb.execute(f"CREATE TABLE file AS SELECT * FROM read_parquet('{scores}')")
    answer = [row[0] for row in duckdb.execute("DESCRIBE answer").fetchall()]
    file = [row[0] for row in duckdb.execute("DESCRIBE file").fetchall()]
    terms = list(zip(answer[6:], file[file.index("baseline") + 1 :], strict=True))

    # Renamed by position, so that a dialect that cannot have a name is compared all the same.
    given = [f"a.{quoted(a)} AS a{n}" for n, (a, _) in enumerate(terms)]
    kept = [f"f.{quoted(f)} AS f{n}" for n, (_, f) in enumerate(terms)]
    fixed = ["score", "log_odds", "band", "model", "baseline"]
    given += [f"a.{quoted(a)} AS a_{name}" for a, name in zip(answer[1:6], fixed, strict=True)]
    kept += [f"f.{quoted(name)} AS f_{name}" for name in fixed]
    both = f"a.{quoted(answer[0])} = f.{quoted(file[0])}"
    duckdb.execute(
        f"CREATE TABLE pairs AS SELECT f.status AS status, {', '.join(given + kept)} FROM answer a JOIN file f ON {both}"
    )
    wrong = " OR ".join(f"a{n} IS DISTINCT FROM f{n}" for n in range(len(terms)))
    total = " + ".join(["a_baseline"] + [f"a{n}" for n in range(len(terms))])
    whole = [f"a{n} * {ONE} <> round(a{n} * {ONE})" for n in range(len(terms))]
    count = lambda table, what: duckdb.execute(f"SELECT count(*) FROM {table} WHERE {what}").fetchone()[0]
    proposed = lambda what: count("pairs", f"status = 'proposed' AND ({what})")
    integer = lambda side: f"CAST({side}_log_odds * {ONE} AS BIGINT)"
    print(
        json.dumps(
            {
                "columns": answer,
                "rows": count("answer", "true"),
                "joined": count("pairs", "true"),
                "proposed": proposed("true"),
                "terms": len(terms),
                "score_off_by_1e9": proposed("NOT coalesce(abs(a_score - f_score) <= 1e-9, false)"),
                "log_odds_differ": proposed(f"{integer('a')} IS DISTINCT FROM {integer('f')} OR a_log_odds <> f_log_odds"),
                "bands_differ": proposed("a_band IS DISTINCT FROM f_band AND f_band <> 'review'"),
                "model_or_baseline_differ": proposed("a_model <> f_model OR a_baseline <> f_baseline"),
                "contributions_differ": proposed(wrong),
                "not_whole": proposed(" OR ".join(whole)),
                "do_not_add_up": proposed(f"{total} <> a_log_odds"),
                "failed_but_scored": count(
                    "pairs", "status <> 'proposed' AND (a_score IS NOT NULL OR a_log_odds IS NOT NULL OR a_band IS NOT NULL)"
                ),
            }
        )
    )


if __name__ == "__main__":
    {"make": make, "compare": compare, "answered": answered}[sys.argv[1]](*sys.argv[2:])
