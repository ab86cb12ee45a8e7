#!/usr/bin/env python3
"""Kills `probant` at random moments, thousands of times, and checks what is left.

    benches/kills.py [N]                     default 10000 kills, by two workers

    --probant FILE   the binary; it is copied, so that a build may go on   target/release/probant
    --seed N         another series of moments                             1
    --only COMMAND   only this command: score, erase, restrict, rotate, rewrap
    --workers N                                                            2
    --work DIR       where workspaces go                                   /dev/shm

Each round starts one real command in a process of its own (a scoring of 200 leads; an erasure, a restriction
or a key rotation where the binary knows them), kills it with SIGKILL after a random time, and then asks:

- does the ledger open (`ledger stats`), and, every 50th time, verify in full;
- is what was reported done recorded, and what is recorded there once;
- does the same command, typed again, finish the work: nobody logged twice, no `.part` and nothing in `tmp/` left.

After 250 rounds the workspace is verified, the decision numbers of all its nights must be one range without a
repetition, and a fresh one is begun. The first finding stops its worker and keeps the workspace.
Writes benches/runs/<date>-kills.md. Standard library only.
"""

import argparse
import collections
import concurrent.futures
import datetime
import json
import os
import pathlib
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time

ROWS = 200
ROUNDS = 250  # of one workspace
VERIFY = 50  # a full verification each so many rounds
ENDED = "had ended before it was killed (not counted)"
ROOT = pathlib.Path(__file__).resolve().parent.parent


class Finding(Exception):
    """Something that must never be."""


def ask(condition, what):
    if not condition:
        raise Finding(what)


class Shop:
    """A workspace with an active model, the nights of 200 leads that it has scored, and the binary."""

    def __init__(self, probant, base, folder, knows, draws):
        self.probant, self.draws, self.knows = probant, draws, knows
        self.folder = folder
        shutil.copytree(base, folder)
        self.ws, self.out = folder / "ws", folder / "out"
        self.out.mkdir()
        self.nights = 0  # nights asked for: each has a date of its own
        self.numbers = set()  # decision numbers given
        stats = self.json("ledger", "stats")
        self.first, self.runs = stats["proposals"] + stats["refusals"], stats["runs"]
        self.leads = (folder / "leads.txt").read_text().split()
        self.gone = set()  # leads that were erased
        # How long each command takes when nobody kills it: the moments are drawn from that.
        self.length = {}

    def start(self, *words):
        return subprocess.Popen(
            [self.probant, "-w", self.ws, "--lang", "en", *map(str, words)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def say(self, *words):
        child = self.start(*words)
        out, err = child.communicate()
        return child.returncode, out.decode(), err.decode()

    def json(self, *words):
        code, out, err = self.say(*words, "--json")
        ask(code == 0, f"`{' '.join(map(str, words))}` exits {code}: {err or out}")
        return json.loads(out)

    def kill(self, words, name):
        """Starts a command, kills it at a random moment, and says what it had reported and its exit code."""
        # Half of the kills fall anywhere; a quarter shortly after the first file lies in tmp/, where the work is
        # written down; a quarter shortly after the checkpoint was replaced, which is the commit.
        kind = self.draws.choice(["any", "any", "spool", "commit"])
        share, short = self.draws.random(), self.draws.random()
        before = self.checkpoint()
        begun = time.monotonic()
        child = self.start(*words)
        if kind == "any":
            try:
                child.wait(timeout=self.length[name] * share)
            except subprocess.TimeoutExpired:
                pass
        else:
            # An act such as an erasure commits twice: what it will do, and that it is done.
            for _ in range(1 if name == "score" or kind == "spool" else self.draws.choice([1, 2])):
                sign = self.spooled if kind == "spool" else lambda: self.checkpoint() != before
                while not sign() and child.poll() is None:
                    pass
                before = self.checkpoint()
            until = time.monotonic() + short * self.length[name] / 8
            while time.monotonic() < until and child.poll() is None:
                pass
        child.kill()
        out, err = child.communicate()
        moment = time.monotonic() - begun
        if kind == "any":  # The machine is now faster, now slower: about one command in ten may come to its end.
            self.length[name] *= 0.96 if child.returncode == 0 else 1.004
        return out.decode(), err.decode(), child.returncode, moment

    def checkpoint(self):
        try:
            return os.stat(self.ws / "ledger/checkpoint").st_ino
        except FileNotFoundError:
            return None

    def spooled(self):
        """Whether a command has begun to write files for the ledger."""
        try:
            return any(any(os.scandir(item)) for item in os.scandir(self.ws / "tmp"))
        except (FileNotFoundError, NotADirectoryError):
            return False

    def calm(self, name, words):
        begun = time.monotonic()
        code, out, err = self.say(*words)
        ask(code == 0, f"undisturbed `{name}` exits {code}: {err or out}")
        self.length[name] = max(self.length.get(name, 0.0), time.monotonic() - begun)

    def tidy(self, when):
        parts = [path for path in self.out.rglob("*") if path.name.endswith(".part")]
        ask(not parts, f"{when}: {len(parts)} parts are left in out/")
        left = [path for path in (self.ws / "tmp").rglob("*") if path.is_file()]
        ask(not left, f"{when}: {len(left)} files are left in tmp/")

    def counted(self):
        stats = self.json("ledger", "stats")
        return stats["runs"]

    def verify(self, when):
        code, out, err = self.say("ledger", "verify", "--full")
        ask(code == 0, f"{when}: `ledger verify --full` exits {code}: {out}{err}")

    # Scoring.

    def night(self):
        day = datetime.date(2026, 10, 1) + datetime.timedelta(days=self.nights)
        file = self.out / f"{self.nights}.csv"
        self.nights += 1
        return file, ["score", self.folder / "night.csv", "--date", day, "--out", file]

    def numbered(self, file, when):
        lines = file.read_bytes().decode("windows-1252").splitlines()
        at = lines[0].split(";").index("decision")
        numbers = [int(line.split(";")[at]) for line in lines[1:]]
        ask(len(numbers) == ROWS, f"{when}: {len(numbers)} rows")
        ask(len(set(numbers)) == ROWS and not self.numbers & set(numbers), f"{when}: a decision number twice")
        self.numbers |= set(numbers)

    def score(self, first, verify):
        file, words = self.night()
        if first:
            self.calm("score", words)
            self.runs += 1
            self.numbered(file, "undisturbed")
            return None
        out, err, code, moment = self.kill(words, "score")
        when = f"night {self.nights - 1}, killed after {moment:.4f} s"
        ask(code in (0, -9), f"{when}: it ended with {code}: {err}")
        reported = code == 0 or "is recorded" in out
        runs = self.counted()
        ask(runs in (self.runs, self.runs + 1), f"{when}: {runs} runs after {self.runs}")
        held = runs > self.runs
        ask(held or not reported, f"{when}: reported done, and gone")
        ask(held or not file.exists(), f"{when}: a file without a record")
        ask(file.exists() or not reported, f"{when}: reported done, without its file")
        if verify:
            self.verify(when)
        status = self.json(*words)["status"]
        ask(status == ("restored" if held else "recorded"), f"{when}: the retry says `{status}`")
        self.runs += 1
        ask(self.counted() == self.runs, f"{when}: the retry logged the night twice")
        self.numbered(file, when)
        self.tidy(when)
        return where(code, held, reported)

    # What people ask for: erasure, restriction, rotation.

    def lead(self):
        live = [lead for lead in self.leads if lead not in self.gone]
        lead = self.draws.choice(live)
        return lead

    def found(self, lead):
        """Whether the lead has a decision that can be explained."""
        code, out, err = self.say("explain", lead, "--why", "audit", "--json")
        ask(code in (0, 1, 5), f"`explain` exits {code}: {err or out}")
        return code == 0

    def erase(self, first, verify):
        lead = self.lead()
        request = f"R-{self.nights}-{len(self.gone)}"
        words = ["subject", "erase", lead, "--request", request, "--now", "--as", "dpo-1"]
        entries = self.json("ledger", "stats")["entries"]
        if first:
            self.calm("erase", words)
            self.gone.add(lead)
            ask(not self.found(lead), "undisturbed: an erased lead is still found")
            self.whole = self.json("ledger", "stats")["entries"] - entries
            return None
        out, err, code, moment = self.kill(words, "erase")
        when = f"erasure {request}, killed after {moment:.4f} s"
        ask(code in (0, -9), f"{when}: it ended with {code}: {err}")
        reported = code == 0
        runs = self.counted()
        ask(runs == self.runs, f"{when}: {runs} runs after {self.runs}")
        held = not self.found(lead)
        ask(held or not reported, f"{when}: reported done, and the lead is still there")
        written = self.json("ledger", "stats")["entries"] - entries
        ask(written == self.whole or not reported, f"{when}: reported done, with {written} entries of {self.whole}")
        if verify:
            self.verify(when)
        code_again, out, err = self.say(*words)
        # A lead that is gone already may be unknown to the second command; it may not be an error of the ledger.
        ask(code_again == 0 or (held and code_again in (1, 5)), f"{when}: the retry exits {code_again}: {err or out}")
        if code_again != 0:
            # Nothing is left to erase; whatever the killed command left to tidy, the command that it names does.
            code_again, out, err = self.say("subject", "erase", "--now", "--as", "dpo-1")
            ask(code_again == 0, f"{when}: `subject erase --now` exits {code_again}: {err or out}")
        ask(not self.found(lead), f"{when}: still there after the retry")
        pending = [path for path in (self.ws / "ledger").rglob("pending/*") if path.is_file()]
        ask(not pending, f"{when}: {len(pending)} erasures are still pending")
        self.gone.add(lead)
        self.tidy(when)
        if code != 0 and 0 < written < self.whole:
            return "killed after it was announced, before it was done"
        return where(code, written > 0, reported)

    def act(self, name, words, first, verify):
        """A command that may simply be typed again."""
        if first:
            self.calm(name, words)
            return None
        entries = self.json("ledger", "stats")["entries"]
        out, err, code, moment = self.kill(words, name)
        when = f"{name}, killed after {moment:.4f} s"
        ask(code in (0, -9), f"{when}: it ended with {code}: {err}")
        held = self.json("ledger", "stats")["entries"] > entries
        ask(held or code != 0, f"{when}: reported done, and nothing is recorded")
        if verify:
            self.verify(when)
        code_again, out, err = self.say(*words)
        # What was done already is refused as done (5).
        ask(code_again == 0 or (held and code_again == 5), f"{when}: the retry exits {code_again}: {err or out}")
        ask(self.counted() == self.runs, f"{when}: the runs changed")
        self.tidy(when)
        return where(code, held, code == 0)

    def restrict(self, first, verify):
        """Restricts a lead, or lifts the restriction; either is finished, so that the nights keep their rows."""
        lead = self.lead()
        asked = ["--request", f"L-{self.nights}-{self.draws.randrange(10**9)}", "--as", "dpo-1"]
        verbs = ["restrict", "lift"]
        died = None
        killed = self.draws.choice(verbs)
        for verb in verbs:
            words = ["subject", verb, lead, *asked]
            if first or verb == killed:
                died = self.act(verb, words, first, verify)
            else:
                code, out, err = self.say(*words)
                ask(code == 0, f"`{verb}` exits {code}: {err or out}")
        return died

    def rotate(self, first, verify):
        return self.act("rotate", ["keys", "rotate", "--as", "dpo-1"], first, verify)

    def rewrap(self, first, verify):
        return self.act("rewrap", ["keys", "rewrap", "--as", "dpo-1"], first, verify)

    def end(self):
        """All nights of the workspace together."""
        self.verify("at the end of a workspace")
        ask(len(self.numbers) == ROWS * self.nights, "nights without their decisions")
        ask(self.numbers == set(range(self.first, self.first + len(self.numbers))),
            "decision numbers are not one range")


def where(code, held, reported):
    if code == 0:
        return ENDED
    if not held:
        return "killed before its commit"
    return "killed after its commit, after reporting it" if reported else "killed after its commit, before reporting it"


def known(probant):
    """The commands that this binary has, and how often each is drawn."""
    def has(*words):
        said = subprocess.run([probant, *words, "--help"], capture_output=True, check=False)
        return said.returncode == 0
    commands = {"score": 5}
    for name, words, weight in [
            ("erase", ("subject", "erase"), 2), ("restrict", ("subject", "restrict"), 1),
            ("rotate", ("keys", "rotate"), 1), ("rewrap", ("keys", "rewrap"), 1)]:
        if has(*words):
            commands[name] = weight
    return commands


def prepare(probant, folder):
    """One workspace with a model, and a night of 200 leads: made once, copied by all."""
    folder.mkdir()
    said = subprocess.run([probant, "--lang", "en", "demo", "--dir", folder / "ws", "--leads", "3000"],
                          capture_output=True, check=False)
    if said.returncode:
        sys.exit(f"`probant demo` exits {said.returncode}: {said.stderr.decode()}")
    lines = (folder / "ws/night.csv").read_bytes().splitlines(keepends=True)
    rows = [line for line in lines[1:] if line.count(b";") == lines[0].count(b";") and b'"' not in line][:ROWS]
    (folder / "night.csv").write_bytes(lines[0] + b"".join(rows))
    (folder / "leads.txt").write_text("\n".join(row.split(b";")[0].decode() for row in rows))
    for name in ["leads.csv", "night.csv", "scores.csv"]:
        (folder / "ws" / name).unlink()


def worker(number, rounds, arguments, probant, base, folder):
    """Kills `rounds` commands, workspace after workspace."""
    draws = random.Random(f"{arguments.seed}/{number}")
    counts, verified, finding = collections.Counter(), 0, None
    commands = known(probant)
    if arguments.only:
        commands = {"score": 0, arguments.only: 1} if arguments.only != "score" else {"score": 1}
    done = 0
    while done < rounds and finding is None:
        place = folder / f"{number}-{done}"
        shop = Shop(probant, base, place, commands, draws)
        try:
            for name in commands:
                for _ in range(3 if name == "score" or done == 0 else 1):
                    getattr(shop, name)(True, False)
            until = min(done + ROUNDS, rounds)
            while done < until:
                name = draws.choices(list(commands), list(commands.values()))[0]
                verify = (done + 1) % VERIFY == 0
                died = getattr(shop, name)(False, verify)
                counts[name, died] += 1
                verified += verify
                done += died != ENDED
            shop.end()
            verified += 1
            shutil.rmtree(place)
        except Finding as found:
            finding = f"seed {arguments.seed}, worker {number}, round {done} (workspace kept in {place}): {found}"
    return counts, verified, done, finding


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kills", nargs="?", type=int, default=10_000)
    parser.add_argument("--probant", type=pathlib.Path, default=ROOT / "target/release/probant")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("/dev/shm"))
    arguments = parser.parse_args()
    load = " ".join(pathlib.Path("/proc/loadavg").read_text().split()[:3])
    work = pathlib.Path(tempfile.mkdtemp(prefix="probant-kills-", dir=arguments.work))
    probant = work / "probant"
    shutil.copy2(arguments.probant, probant)
    prepare(probant, work / "base")
    print(f"seed {arguments.seed}; {arguments.kills} kills of: {', '.join(known(probant))}", flush=True)
    begun = time.monotonic()
    share = [arguments.kills // arguments.workers + (n < arguments.kills % arguments.workers)
             for n in range(arguments.workers)]
    with concurrent.futures.ProcessPoolExecutor(arguments.workers) as pool:
        tasks = [pool.submit(worker, n, share[n], arguments, probant, work / "base", work)
                 for n in range(arguments.workers)]
        answers = [task.result() for task in tasks]
    counts = sum((answer[0] for answer in answers), collections.Counter())
    verified, done = sum(answer[1] for answer in answers), sum(answer[2] for answer in answers)
    findings = [answer[3] for answer in answers if answer[3]]
    report(arguments, probant, counts, verified, done, findings, time.monotonic() - begun, load)
    if findings:
        sys.exit(1)
    shutil.rmtree(work)


def report(arguments, probant, counts, verified, done, findings, seconds, load):
    def line(*words):
        said = subprocess.run(words, capture_output=True, check=False, cwd=ROOT)
        return said.stdout.decode().strip()
    cpu = next((text.split(":")[1].strip() for text in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if text.startswith("model name")), platform.processor())
    dirty = ", with changes" if line("git", "status", "--porcelain", "src") else ""
    day = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    text = [f"# {done} kills at random moments, {day}", "",
            "| command | where it died | times |", "| --- | --- | ---: |"]
    text += [f"| {name} | {place} | {times} |" for (name, place), times in sorted(counts.items())]
    text += ["", f"Findings: {len(findings) or 'none'}.", *[f"- {finding}" for finding in findings], "",
             f"After every kill the ledger was opened and the command typed again; {verified} times it was verified in full."
             f" A workspace lasts {ROUNDS} kills; its decision numbers were one range each time.", "",
             f"- command: `benches/kills.py {arguments.kills} --seed {arguments.seed}"
             + (f" --only {arguments.only}" if arguments.only else "") + "`",
             f"- commit: {line('git', 'rev-parse', '--short=12', 'HEAD') or 'none'}{dirty}",
             f"- binary: {line(str(probant), '--version')}; each night {ROWS} leads",
             f"- {seconds:.0f} s with {arguments.workers} workers in memory ({arguments.work}): a kill ends a process, it does not cut the power",
             f"- CPU: {cpu}, {os.cpu_count()} threads; load before: {load}; system: {platform.system()} {platform.release()}"]
    file, n = ROOT / f"benches/runs/{day}-kills.md", 2
    while file.exists():
        file, n = ROOT / f"benches/runs/{day}-kills-{n}.md", n + 1
    file.write_text("\n".join(text) + "\n")
    print("\n".join(text))


if __name__ == "__main__":
    main()
