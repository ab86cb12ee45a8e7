"""What `race.py` and `growth.py` share: one process measured from outside, medians, and what machine it was."""
import json
import math
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Run:
    """One process that has ended: wall and CPU seconds, peak MiB, and what it printed."""

    def __init__(self, *command, cwd=None, env=None):
        os.sync()  # what somebody wrote before is not this process' to pay
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
            begun = time.monotonic()
            words, env = [str(word) for word in command], {**os.environ, **(env or {})}
            process = subprocess.Popen(words, stdout=out, stderr=errors, cwd=cwd, env=env)
            # What GNU time asks the kernel: CPU of the process and of those it waited for, and the largest of their peaks.
            _, status, usage = os.wait4(process.pid, 0)
            self.wall = time.monotonic() - begun
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            errors.seek(0)
            self.out = out.read()
            if process.returncode:
                sys.exit(f"{' '.join(words)}\nended with {process.returncode}\n{self.out}{errors.read()}")
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak = usage.ru_maxrss / 1024

    def json(self):
        """The last line that was printed, read."""
        return json.loads(self.out.strip().splitlines()[-1])


class Side:
    """All runs of one side at one piece of work."""

    def __init__(self):
        self.seconds, self.cpu, self.peak = [], [], []

    def add(self, run, seconds=None):
        self.seconds.append(run.wall if seconds is None else seconds)
        self.cpu.append(run.cpu)
        self.peak.append(run.peak)

    @property
    def median(self):
        return statistics.median(self.seconds)

    def span(self):
        """Least to most."""
        least, most = min(self.seconds), max(self.seconds)
        return f"{figure(least)}–{figure(most)}" if len(self.seconds) > 1 else "once"

    def cells(self):
        """Median, span, CPU and peak, as cells of a table."""
        cpu, peak = statistics.median(self.cpu), statistics.median(self.peak)
        return f"{figure(self.median)} | {self.span()} | {figure(cpu)} | {peak:,.0f}"


def figure(number):
    """Three digits that count."""
    return f"{number:.{max(0, 2 - math.floor(math.log10(abs(number))))}f}" if number else "0"


def warm(*files):
    """Reads files once, so that no side waits for the disk."""
    for file in files:
        with open(file, "rb") as handle:
            while handle.read(1 << 24):
                pass


def fresh(base, copy):
    """A copy of a workspace in which nothing was scored yet."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(base, copy)


def workspace(probant, folder, policy, train, env=None):
    """A workspace with an active model, made anew; what its training cost."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    Run(probant, "init", cwd=folder)
    file = folder / "probant.toml"
    file.write_text(policy)
    # One trains, the other approves: each with a key of their own.
    for person in ("data", "dpo"):
        made = ("keys", "person", person, "--out", folder / f"{person}.key", "--json")
        made = subprocess.run([probant, "-w", folder, *made], capture_output=True, check=True)
        who = f'id = "{person}"\n'
        file.write_text(file.read_text().replace(who, f'{who}key = "{json.loads(made.stdout)["key"]}"\n', 1))
    data, dpo = (("--as", person, "--key", folder / f"{person}.key") for person in ("data", "dpo"))
    trained = Run(probant, "-w", folder, "train", train, *data, env=env)
    Run(probant, "-w", folder, "models", "approve", "@candidate", *dpo)
    Run(probant, "-w", folder, "models", "activate", "@candidate", *data)
    return trained


def load():
    return " ".join(Path("/proc/loadavg").read_text().split()[:3])


def said(*command):
    """The first line that a command prints, or nothing."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.partition("\n")[0].strip()


def machine(probant, loads):
    """Commit, processor, memory and versions, as lines of a list."""
    cpu = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1]) / 1048576
    commit = said("git", "rev-parse", "--short=12", "HEAD") or "none"
    changed = said("git", "status", "--porcelain", "--", "src", "Cargo.toml", "Cargo.lock", "benches/*.rs", "benches/*.py")
    rustc = " ".join(said("rustc", "--version").split()[:2])
    packages = ", ".join(it.replace("==", " ") for it in os.environ["PACKAGES"].split())
    yield f"commit: {commit}{', with changes' if changed else ''}"
    yield f"CPU: {cpu[1] if cpu else platform.machine()}, {os.cpu_count()} threads; load before: {loads[0]}; after: {loads[1]}"
    yield f"memory: {memory:.1f} GiB; system: {platform.system()} {platform.release()}"
    yield f"versions: {said(probant, '--version')}, {rustc}, Python {platform.python_version()}, {packages}"


def typed(script, usual):
    """What was typed: the script, and the variables that were not as usual."""
    changed = [f'{name}="{os.environ[name]}"' for name in usual if os.environ[name] != usual[name]]
    return " ".join([*changed, script, "FOLDER"])


def millions(rows):
    return f"{rows / 1e6:g} M"


def run_file(name):
    """Where to write; two runs in one day keep both their files."""
    day, nth = time.strftime("%Y-%m-%d", time.gmtime()), 2
    file = ROOT / f"benches/runs/{day}-{name}.md"
    while file.exists():
        file, nth = ROOT / f"benches/runs/{day}-{name}-{nth}.md", nth + 1
    return day, file
