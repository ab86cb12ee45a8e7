"""How cost grows, driven by `growth.sh`: tables for `runs/`, and a picture of them for the README."""
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import picture
from measure import ROOT, Run, Side, figure, fresh, load, machine, millions, run_file, typed, warm, workspace
from wide_leads import policy

WORK, PROBANT = Path(os.environ["WORK"]), os.environ["PROBANT"]
SIZES, TRAINED = ([int(size) for size in os.environ[name].split()] for name in ("SIZES", "TRAINED"))
ROWS, LEARNED, RUNS = (int(os.environ[name]) for name in ("ROWS", "LEARNED", "RUNS"))
LEADS = (ROOT / "benches/leads.toml").read_text()

# Each beside the race's fifteen features: so many features of 20 levels; so many levels of ten categories; so many pairs.
FEATURES, LEVELS, PAIRS, THREADS = [5, 25, 50, 100], [10, 50, 100, 150], [0, 5, 10, 20], [1, 2]
STARTS = 21

NOTES = {
    "features": "Two categories of 20 levels, then a number, and so on (`wide_leads.py`), no pairs",
    "pairs": "The export of the race with its 15 features",
    "levels": "Ten categories of so many levels and five numbers (`wide_leads.py`), no pairs",
    "threads": "`RAYON_NUM_THREADS` and `POLARS_MAX_THREADS`; the export of the race, pairs chosen by training",
}
USUAL = {"SIZES": "1000000 5000000 10000000", "TRAINED": "250000 500000 1000000", "ROWS": "500000", "LEARNED": "100000", "RUNS": "3"}


def leads(rows, seed):
    return WORK / f"leads-{rows}-{seed}.parquet"


def wide(rows, features, levels, seed):
    """An export of another shape, made once."""
    file = WORK / f"wide-{rows}-{features}-{levels}-{seed}.parquet"
    if not file.exists():
        made = WORK / "making.parquet"
        subprocess.run([sys.executable, ROOT / "benches/wide_leads.py", *map(str, (rows, features, levels, seed)), made], check=True)
        made.rename(file)
    return file


def score(base, export, env=None):
    """Medians of scoring an export, each time into a fresh copy of the workspace."""
    side, ws = Side(), WORK / "ws"
    warm(export)
    for _ in range(RUNS):
        fresh(base, ws)
        side.add(Run(PROBANT, "-w", ws, "score", export, "--out", WORK / "scores.parquet", env=env))
        (WORK / "scores.parquet").unlink()
    return side


def terms(base):
    """Features and pairs of the one model in a workspace."""
    schema = json.loads(next(base.glob("models/*/model.json")).read_text())["schema"]
    return len(schema["features"]), len(schema["pairs"])


class Growth:
    """One factor: a line of the table and a point of the picture for each of its values."""

    def __init__(self, title):
        self.title, self.lines, self.train, self.score = title, [], [], []

    def add(self, value, base, trained, learned, side, rows):
        features, pairs = terms(base)
        training, scoring = trained.wall / learned * 1e6, side.median / rows * 1e6
        self.train.append((value, training))
        self.score.append((value, scoring))
        self.lines.append(
            f"| {value} | {features} + {pairs} | {figure(trained.wall)} | {figure(training)} | {trained.peak:,.0f} "
            f"| {side.cells()} | {figure(scoring)} |"
        )


def by_rows(base, growth):
    """Training on more rows, then scoring more rows with the last model."""
    trainings = []
    for rows in TRAINED:
        warm(leads(rows, 1))
        run = workspace(PROBANT, base, LEADS, leads(rows, 1))
        trainings.append((rows, run))
        growth.train.append((rows / 1e6, run.wall / rows * 1e6))
    scorings = []
    for rows in SIZES:
        side = score(base, leads(rows, 3))
        scorings.append((rows, side))
        growth.score.append((rows / 1e6, side.median / rows * 1e6))
    return trainings, scorings


def by_shape():
    """The growth with each factor of the model's shape, the others held."""
    features, levels, pairs = Growth("features"), Growth("levels"), Growth("pairs")
    base = WORK / "base-shape"
    for growth, value, shape in [(features, it, (it, 20)) for it in FEATURES] + [(levels, it, (15, it)) for it in LEVELS]:
        train, export = wide(LEARNED, *shape, 1), wide(ROWS, *shape, 3)
        warm(train)
        trained = workspace(PROBANT, base, policy(LEADS, shape[0]).replace('pairs = "auto"', 'pairs = "off"'), train)
        growth.add(value, base, trained, LEARNED, score(base, export), ROWS)
    columns = ["source", "campaign", "sector", "region", "employees", "revenue_keur", "pages_viewed"]
    all_pairs = [[a, b] for at, a in enumerate(columns) for b in columns[at + 1 :]]
    for value in PAIRS:
        listed = f"pairs = {json.dumps(all_pairs[:value])}" if value else 'pairs = "off"'
        trained = workspace(PROBANT, base, LEADS.replace('pairs = "auto"', listed), leads(LEARNED, 1))
        pairs.add(value, base, trained, LEARNED, score(base, leads(ROWS, 3)), ROWS)
    return features, pairs, levels


def by_threads():
    growth, base = Growth("threads"), WORK / "base-threads"
    for threads in THREADS:
        env = {"RAYON_NUM_THREADS": str(threads), "POLARS_MAX_THREADS": str(threads)}
        trained = workspace(PROBANT, base, LEADS, leads(LEARNED, 1), env=env)
        growth.add(threads, base, trained, LEARNED, score(base, leads(ROWS, 3), env), ROWS)
    return growth


def starting(base):
    """Milliseconds of `--help`, and of `explain` in a night of as many leads as SIZES begins with."""
    rows, ws = SIZES[0], WORK / "ws"
    fresh(base, ws)
    Run(PROBANT, "-w", ws, "score", leads(rows, 3), "--out", WORK / "scores.parquet")
    helps, explains = [], []
    for nth in range(STARTS):
        helps.append(Run(PROBANT, "--help").wall * 1e3)
        lead = f"L{3_000_000_000 + rows * nth // STARTS:011d}"
        explains.append(Run(PROBANT, "-w", ws, "explain", lead, "--why", "audit").wall * 1e3)
    (WORK / "scores.parquet").unlink()
    for what, shown, times, goal in [
        ("`--help`", "probant --help", helps, 20),
        (f"`explain`, a night of {rows:,} leads", "probant explain LEAD", explains, 50),
    ]:
        median = statistics.median(times)
        reached = "yes" if median <= goal else "no"
        yield f"| {what} | {median:.1f} | {min(times):.1f}–{max(times):.1f} | ≤ {goal} | {reached} | `{shown}` |"


def kept(scorings):
    """Whether time a lead and memory stay what they are, from the least leads to the most."""
    (first, few), (last, many) = scorings[0], scorings[-1]
    each = [side.median / count for count, side in scorings]
    spread = max(each) / min(each) - 1
    least, most = max(few.peak), max(many.peak)
    span = f"{millions(first)} to {millions(last)} scored"

    def line(what, measured, goal, reached):
        return f"| {what} | {measured} | {goal} | {'yes' if reached else 'no'} |"

    yield line(f"time a lead, {span}: most over least", f"+ {spread:.1%}", "within 10 %", spread <= 0.1)
    yield line(f"peak memory, {span}", f"{least:,.0f} → {most:,.0f} MiB, {most / least:.2f} ×", "≤ 1.1 ×", most <= 1.1 * least)
    yield line("peak memory of the largest night", f"{most:,.0f} MiB", "≤ 1,024 MiB", most <= 1024)


def holds(trainings):
    """MiB that each further million of rows adds to training's peak: from the least rows to the most."""
    (few, least), (many, most) = trainings[0], trainings[-1]
    if many == few:
        return ""
    more = (most.peak - least.peak) / (many - few) * 1e6
    return (
        f"Training holds its rows: from {few:,} to {many:,} leads its peak grew from {least.peak:,.0f} to {most.peak:,.0f} MiB, "
        f"{more:,.0f} MiB for each further million."
    )


def table(*heads):
    """The head of a table of numbers."""
    return [f"| {' | '.join(heads)} |", f"| {' | '.join('---:' for _ in heads)} |"]


def page(day, trainings, scorings, starts, growths, loads):
    """The file of the run, line by line."""
    yield from [f"# Growth, {day}", "", "| what | measured | goal | reached |", "| --- | ---: | --- | --- |", *kept(scorings)]
    yield from ["", "## Starting", "", f"| what | median of {STARTS}, ms | least–most | goal, ms | reached | command |"]
    yield from ["| --- | ---: | ---: | ---: | --- | --- |", *starts, "", "## Leads", ""]
    yield from table("leads scored", "score, s", "least–most", "CPU, s", "peak, MiB", "µs a lead")
    for count, side in scorings:
        yield f"| {count:,} | {side.cells()} | {figure(side.median / count * 1e6)} |"
    yield from ["", *table("leads trained on", "train, s", "CPU, s", "peak, MiB", "µs a lead")]
    for count, run in trainings:
        yield f"| {count:,} | {figure(run.wall)} | {figure(run.cpu)} | {run.peak:,.0f} | {figure(run.wall / count * 1e6)} |"
    yield from ["", holds(trainings)]
    columns = ["features + pairs", "train, s", "µs a lead", "peak, MiB", "score, s", "least–most", "CPU, s", "peak, MiB", "µs a lead"]
    for growth in growths:
        note = f"{NOTES[growth.title]}; {LEARNED:,} leads trained on, {ROWS:,} scored."
        yield from ["", f"## {growth.title.capitalize()}", "", *table(growth.title, *columns), *growth.lines, "", note]
    yield ""
    yield f"Whole processes, start-up included, timed from outside: medians of {RUNS} for scoring, one run for training, which"
    yield "includes holdout, selection of strength and pairs, bootstrap and certificate. CPU and peak are the kernel's. Every file"
    yield "was read once before; each night goes to a fresh copy of its workspace, and syncs its ledger and its score file within"
    yield "its time."
    yield ""
    for line in machine(PROBANT, loads):
        yield f"- {line}"
    yield f"- command: `{typed('benches/growth.sh', USUAL)}`"


def main():
    before, base, rows = load(), WORK / "base-growth", Growth("million leads")
    trainings, scorings = by_rows(base, rows)
    starts = list(starting(base))
    growths = [*by_shape(), by_threads()]
    day, file = run_file("growth")
    text = "\n".join(page(day, trainings, scorings, starts, growths, (before, load()))) + "\n"
    file.write_text(text)
    factors = [rows, *growths]
    score, train = [(it.title, it.score) for it in factors], [(it.title, it.train) for it in factors]
    drawn = picture.draw([("Score: microseconds a lead", score), ("Train: microseconds a lead", train)])
    (ROOT / "benches/growth.svg").write_text(drawn)
    print(text)


if __name__ == "__main__":
    main()
