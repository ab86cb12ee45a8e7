"""The race itself, driven by `race.sh`: both sides by turns, and a file in `runs/` that says who won by how much."""
import os
import statistics
import sys
from pathlib import Path

from measure import ROOT, Run, Side, figure, fresh, load, machine, millions, run_file, typed, warm, workspace

WORK, PEERS = Path(os.environ["WORK"]), Path(os.environ["PEERS"])
PROBANT, FIT, COPY = (os.environ[name] for name in ("PROBANT", "FIT", "COPY"))
RUNS, SIZES = int(os.environ["RUNS"]), [int(size) for size in os.environ["SIZES"].split()]
USUAL = {"RUNS": "5", "TRAIN": "1000000", "TEST": "200000", "SIZES": "5000000 10000000", "CV": "yes"}
PYTHON, POLICY = WORK / "venv/bin/python", ROOT / "benches/leads.toml"


def export(rows, seed):
    return WORK / f"leads-{rows}-{seed}.parquet"


TRAIN, TEST = export(os.environ["TRAIN"], 1), export(os.environ["TEST"], 2)


def to(name):
    """Where a side writes."""
    return WORK / f"out {name}.parquet"


def timed(side, command, seconds=None):
    """Runs and keeps one run; `seconds` picks the time out of what the process printed."""
    run = Run(*command)
    said = run.json() if seconds else None
    side.add(run, seconds(said) if seconds else None)
    return said


def ours_in_process(said):
    return said.get("total") or said["learn"] + said["encode"] + said["fit"]


def train():
    """Encode and one fit, reading excluded; both judge the same leads that neither has seen."""
    sides = {"Probant": Side(), "scikit-learn": Side()}
    judged = {name: [] for name in sides}
    for _ in range(RUNS):
        for name, command, seconds in [
            ("Probant", [FIT, "fit", TRAIN, TEST, "--strength", "1"], ours_in_process),
            ("scikit-learn", [PYTHON, PEERS / "sklearn_peer.py", "train", TRAIN, TEST, WORK / "peer.pkl"], lambda said: said["fit"]),
        ]:
            said = timed(sides[name], command, seconds)
            judged[name].append((said["log_loss"], said["auc"]))
    return sides, judged


def cross_validate():
    """Five folds by eight strengths."""
    sides = {"Probant": Side(), "scikit-learn": Side()}
    for _ in range(RUNS):
        timed(sides["Probant"], [FIT, "cv", TRAIN], lambda said: said["cv"])
    timed(sides["scikit-learn"], [PYTHON, PEERS / "sklearn_peer.py", "cv", TRAIN], lambda said: said["cv"])
    return sides


def score(rows, base):
    """An export scored and explained, whole processes; ours also records every row, the others keep no log."""
    leads, ws, sql = export(rows, 3), WORK / "ws", WORK / "model.sql"
    sql.unlink(missing_ok=True)
    Run(PROBANT, "-w", base, "export", "sql", "--dialect", "duckdb", "--from", f"read_parquet('{leads}')", "--out", sql)
    commands = {
        "Probant": [PROBANT, "-w", ws, "score", leads, "--out", to("Probant")],
        "scikit-learn": [PYTHON, PEERS / "sklearn_peer.py", "score", WORK / "peer.pkl", leads, to("scikit-learn")],
        "DuckDB": [PYTHON, ROOT / "benches/duckdb_peer.py", sql, to("DuckDB")],
        "bare copy": [COPY, leads, to("bare copy"), POLICY],
    }
    sides = {name: Side() for name in commands}
    warm(leads)
    for _ in range(RUNS):
        for name, command in commands.items():
            if name == "Probant":
                fresh(base, ws)
            to(name).unlink(missing_ok=True)
            timed(sides[name], command)
    verified = " ".join(Run(PROBANT, "-w", ws, "ledger", "verify", "--full").out.split("\n")).strip()
    sizes = {name: to(name).stat().st_size / 2**20 for name in commands}
    ledger = sum(it.stat().st_size for it in (ws / "ledger").rglob("*") if it.is_file())
    return sides, sizes, ledger / rows, verified


# Joined in a process of its own: whoever is started afterwards would begin with this one's peak memory.
JOIN = """
import sys
import duckdb
ours, theirs = (f"read_parquet('{it}')" for it in sys.argv[1:])
counts = "count(*), count(*) FILTER (a.log_odds = b.log_odds), max(abs(a.score - b.score))"
print(*duckdb.sql(f"SELECT {counts} FROM {ours} a JOIN {theirs} b USING (lead_id)").fetchall()[0])
"""


def agreement(rows):
    """Whether the database gave every lead the log-odds that were recorded."""
    said = Run(sys.executable, "-c", JOIN, to("Probant"), to("DuckDB")).out.split()
    pairs, equal, apart = int(said[0]), int(said[1]), float(said[2])
    return (
        f"DuckDB's log-odds equal the recorded ones for {equal:,} of {rows:,} leads ({pairs:,} found on both sides); "
        f"its scores differ by at most {apart:.1e}."
    )


class Report:
    """What the file of the run says, gathered as the race goes on."""

    def __init__(self):
        self.loads, self.goals, self.table, self.rounds, self.notes = [load()], [], [], [], []
        self.missed = []

    def sides(self, work, sides, sizes=None):
        """Each side's line, and every run of it."""
        for name, side in sides.items():
            size = f"{sizes[name]:,.0f}" if sizes else ""
            self.table.append(f"| {work} | {name} | {side.cells()} | {size} |")
            self.rounds.append(f"- {work}, {name}: {', '.join(figure(it) for it in side.seconds)}")

    def faster(self, work, sides, other, *goals):
        """How many times faster we were, and whether that reaches the goals."""
        ratio = sides[other].median / sides["Probant"].median
        reached = [(f"≥ {goal} ×", ratio >= goal) for goal in goals]
        self.goal(f"{work}, against {other}", sides, other, ratio, reached)

    def within(self, work, sides, other, *goals):
        """How many times the other's time we took, and whether that is within the goals."""
        ratio = sides["Probant"].median / sides[other].median
        reached = [(f"≤ {goal} ×", ratio <= goal) for goal in goals]
        self.goal(f"{work}, in times of the {other}", sides, other, ratio, reached)

    def goal(self, what, sides, other, ratio, goals):
        reached = [f"{goal} | {'yes' if reached else 'no'}" for goal, reached in goals]
        medians = [figure(sides[name].median) for name in ("Probant", other)]
        cells = [what, *medians, f"{ratio:.2f} ×", *reached, *["– | –"] * (2 - len(goals))]
        self.goals.append(f"| {' | '.join(cells)} |")
        self.missed += [f"- {what}: {ratio:.2f} ×, not {goal}" for goal, reached in goals if not reached]

    def page(self, day):
        """The file, line by line."""
        yield from [f"# The race, {day}", "", "| work | Probant, s | the other, s | ratio | goal | reached | stretch | reached |"]
        yield from ["| --- | ---: | ---: | ---: | ---: | --- | ---: | --- |", *self.goals, ""]
        yield from [*(f"- {note}" for note in self.notes), ""]
        if self.missed:
            yield from ["Not reached:", "", *self.missed, ""]
        yield "| work | side | median, s | least–most | CPU, s | peak, MiB | wrote, MiB |"
        yield from ["| --- | --- | ---: | ---: | ---: | ---: | ---: |", *self.table, ""]
        yield f"Medians of {RUNS}, the sides by turns; the peer's cross-validation ran once. Fits are timed by each process itself,"
        yield "without reading and start-up; scoring as whole processes from outside, start-up included. CPU and peak are the whole"
        yield "process' in either case, as the kernel counts them for the process and the children that it waited for (the largest of"
        yield "them, for the peak). Every file was read once before: the cache is warm for all. What was written is synced before each"
        yield "process starts; Probant syncs its ledger and its score file within its time, the others sync nothing. Probant scores"
        yield "into a fresh copy of the same workspace each time, and alone keeps a log."
        yield from ["", "Every run, in order, in seconds:", "", *self.rounds, ""]
        for line in machine(PROBANT, self.loads):
            yield f"- {line}"
        yield f"- command: `{typed('benches/race.sh', USUAL)}`"
        yield "- exports: make_leads.py, seeds 1 (train), 2 (test), 3 (score); policy: `benches/leads.toml`"
        yield "- peers: `benches/sklearn_peer.py`; `benches/duckdb_peer.py` with `probant export sql`; `benches/copy.rs`"


def main():
    report = Report()
    warm(TRAIN, TEST)
    trained = f"{millions(int(os.environ['TRAIN']))} leads"
    sides, judged = train()
    report.sides(f"encode + one fit, {trained}", sides)
    report.faster(f"encode + one fit, {trained}", sides, "scikit-learn", 8, 20)
    losses = {name: statistics.median(loss for loss, _ in pairs) for name, pairs in judged.items()}
    areas = {name: statistics.median(area for _, area in pairs) for name, pairs in judged.items()}
    said = "; ".join(f"{name} {losses[name]:.5f} (ROC AUC {areas[name]:.4f})" for name in losses)
    worse = "no" if losses["Probant"] > losses["scikit-learn"] else "yes"
    report.notes.append(f"Log-loss on {int(os.environ['TEST']):,} leads held out, median: {said}. No worse: {worse}.")
    if os.environ["CV"] != "no":
        sides = cross_validate()
        report.sides(f"5 folds × 8 strengths, {trained}", sides)
        report.faster(f"5 folds × 8 strengths, {trained}", sides, "scikit-learn", 15)
    whole = workspace(PROBANT, WORK / "base", POLICY.read_text(), TRAIN)
    report.notes.append(
        f"The model that scores is `probant train`'s, pairs, holdout, bootstrap, certificate and all: "
        f"{figure(whole.wall)} s and {whole.peak:,.0f} MiB, once, outside the race."
    )
    for size in SIZES:
        work = f"score + contributions + ledger, {millions(size)} leads"
        sides, sizes, bytes_, verified = score(size, WORK / "base")
        report.sides(f"score, {millions(size)} leads", sides, sizes)
        report.faster(work, sides, "scikit-learn", 5, 8)
        report.faster(work, sides, "DuckDB", 2)
        report.within(work, sides, "bare copy", 1.5, 1)
        report.notes.append(f"{millions(size)}: {agreement(size)} The ledger grew to {bytes_:.1f} bytes a lead. {verified}")
        for name in sides:
            to(name).unlink()
    report.loads.append(load())
    day, file = run_file("race")
    text = "\n".join(report.page(day)) + "\n"
    file.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
