#!/usr/bin/env python3
"""Verifies a bundle of a Probant ledger, every score included, without any of Probant's programs.

Written from FORMAT.md alone. It needs Python 3.11 and the package `cryptography`:

    python3 verify.py [BUNDLE] [--key VERIFIER]

Without `--key` it believes the verifier key that the bundle itself brings, and says so: compare that key
with one that you got elsewhere. Prints what holds and exits 0, or the first thing that does not and exits 1.
"""

import argparse
import base64
import datetime
import hashlib
import json
import math
import pathlib
import re
import struct
import sys
import tomllib
from decimal import ROUND_HALF_UP, Decimal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Refused(Exception):
    """Something is not as it was signed."""


def need(holds, where, why):
    if not holds:
        raise Refused(f"{where}: {why}")


# The tree (RFC 6962).


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(data):
    return sha256(b"\0" + data)


def node_hash(left, right):
    return sha256(b"\1" + left + right)


class Tree:
    """The root over leaves that arrive one by one: its complete subtrees, largest first."""

    def __init__(self, leaves=()):
        self.size, self.peaks = 0, []
        for leaf in leaves:
            self.push(leaf)

    def push(self, hash):
        size = self.size
        while size & 1:
            hash = node_hash(self.peaks.pop(), hash)
            size >>= 1
        self.peaks.append(hash)
        self.size += 1

    def root(self):
        if not self.peaks:
            return sha256(b"")
        hash = self.peaks[-1]
        for left in reversed(self.peaks[:-1]):
            hash = node_hash(left, hash)
        return hash


def root_of_path(leaf, index, size, path, where):
    """The root that a path leads to (RFC 9162, section 2.1.3.2)."""
    need(0 <= index < size, where, "the index lies outside the tree")
    at, last, hash = index, size - 1, leaf
    for beside in path:
        need(last > 0, where, "the path is too long")
        if at & 1 or at == last:
            hash = node_hash(beside, hash)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hash = node_hash(hash, beside)
        at, last = at >> 1, last >> 1
    need(last == 0, where, "the path is too short")
    return hash


# The signature (C2SP signed-note and tlog-checkpoint).


def unbase64(text, length, where):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused(f"{where}: not base64") from None
    need(base64.b64encode(data).decode() == text, where, "not canonical base64")
    need(len(data) == length, where, f"not {length} bytes")
    return data


class Key:
    def __init__(self, text):
        parts = text.split("+", 2)
        need(len(parts) == 3, "verifier", "not name+id+key")
        self.text, self.name = text, parts[0]
        key = unbase64(parts[2], 33, "verifier")
        need(key[0] == 1, "verifier", "not an Ed25519 key")
        self.id = sha256(self.name.encode() + b"\n" + key)[:4]
        need(self.id.hex() == parts[1], "verifier", "its id is not that of its key")
        self.public = Ed25519PublicKey.from_public_bytes(key[1:])

    def open(self, note):
        """The text of a note that this key alone has signed."""
        text, blank, signature = note.partition("\n\n")
        text += "\n"
        line = re.fullmatch("\u2014 (\\S+) (\\S+)\n", signature)
        need(blank and line, "checkpoint", "not a text with one signature")
        data = unbase64(line[2], 68, "checkpoint")
        need((line[1], data[:4]) == (self.name, self.id), "checkpoint", "signed by another key")
        try:
            self.public.verify(data[4:], text.encode())
        except InvalidSignature:
            raise Refused("checkpoint: the signature does not match") from None
        return text


# The main log (C2SP tlog-tiles).


def tile_path(level, index, width):
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return f"tile/{level}/{'/'.join(groups)}" + (f".p/{width}" if width < 256 else "")


class Log:
    """The entries under a signed checkpoint, and nothing else under `tile/`."""

    def __init__(self, bundle, key):
        self.note = read(bundle / "checkpoint").decode()
        lines = re.fullmatch(r"(.+)\n(0|[1-9][0-9]*)\n(.+)\n", key.open(self.note))
        need(lines and lines[1] == key.name, "checkpoint", "not three lines of this log")
        need(re.fullmatch(r"probant\.invalid/[0-9a-f]{16}", lines[1]), "checkpoint", "not an origin")
        self.origin, self.size = lines[1], int(lines[2])
        self.root = unbase64(lines[3], 32, "checkpoint")
        self.files = set()
        self.texts = []
        for path, count in self.tiles("entries", self.size):
            data, at = read(bundle / path), 0
            for _ in range(count):
                need(at + 2 <= len(data), path, "it is cut short")
                end = at + 2 + int.from_bytes(data[at : at + 2])
                need(end <= len(data), path, "it is cut short")
                self.texts.append(data[at + 2 : end])
                at = end
            need(at == len(data), path, "it holds more than its entries")
        hashes = [leaf_hash(text) for text in self.texts]
        need(Tree(hashes).root() == self.root, "tile/entries", "the entries are not those that were signed")
        level = 0
        while hashes:
            at = 0
            for path, count in self.tiles(level, len(hashes)):
                # Every tile, not only those on a path that somebody asks for.
                need(read(bundle / path) == b"".join(hashes[at : at + count]), path, "its hashes are not those of the tree")
                at += count
            whole = len(hashes) // 256
            hashes = [Tree(hashes[i * 256 : i * 256 + 256]).root() for i in range(whole)]
            level += 1
        self.entries = [Entry(index, text) for index, text in enumerate(self.texts)]

    def tiles(self, level, count):
        for index in range((count + 255) // 256):
            width = min(256, count - index * 256)
            path = tile_path(level, index, width)
            self.files.add(path)
            yield path, width


# Entries.

NAME, ID, SHA, HASH = "[a-z0-9][a-z0-9._-]{0,63}", "[0-9a-f]{32}", "[0-9a-f]{64}", "[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="
SIGNATURE = "[A-Za-z0-9+/]{85}[AQgw]=="
TIME, DATE, N = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", r"\d{4}-\d\d-\d\d", "(?:0|[1-9][0-9]*)"
DOCUMENT = [("document", SHA), ("time", TIME)]
WHAT = [("schema", SHA), ("policy", SHA), ("law", SHA)]
ACTED = [("time", TIME), ("actor", NAME)]


STEP = [("model", SHA), ("purpose", NAME), *ACTED]
SIGNED = [("policy?", SHA), ("signature?", SIGNATURE)]


def people(states):
    lines = [("event", ID), ("part", f"{N}/{N}"), ("state", states), *ACTED, ("reason", NAME)]
    return [*lines, ("request*", HASH), ("rows*", f"{ID} {N} {HASH}")]


GRAMMAR = {
    "genesis": [("origin", r"probant\.invalid/[0-9a-f]{16}"), ("time", TIME), ("binary", NAME), ("key", r"[!-~]+")],
    "key": [("kid", NAME), ("use", "pseudonym|suppression"), ("time", TIME), ("check", HASH)],
    "model": [("model", SHA), ("schema", SHA), ("policy", SHA), ("time", TIME), ("binary", NAME), ("actor", NAME), ("file*", f"{NAME} {SHA}"),
              ("signature?", SIGNATURE)],
    "schema": DOCUMENT,
    "policy": DOCUMENT,
    "law": DOCUMENT,
    "run": [("run", ID), ("time", TIME), ("date", DATE), ("purpose", NAME), ("model", f"{SHA} (?:active|trial)"), *WHAT, ("binary", NAME),
            ("input*", HASH), ("in", N), ("proposed", N), ("refused", N), ("failed", N)],
    "segment": [("id", ID), ("kind", "proposals|refusals|events"), ("run", ID), ("rows", N), ("root", HASH), ("model?", f"{SHA} (?:active|trial)"),
                *WHAT, ("binary", NAME), ("kid", NAME), ("purpose", NAME), ("basis*", f"{N}={NAME}(?:;document={SHA})?"), ("outcome*", f"{N}={NAME}"),
                ("retention", f"{NAME} {DATE}")],
    "sign-off": [("run", ID), *ACTED, ("policy", SHA), ("proposed", N), ("opened", N), ("validated", N), ("overridden", N), ("rejected", N),
                 ("planted", N), ("found", N), ("signature", SIGNATURE)],
    "release": [("event", ID), *ACTED, ("purpose", NAME), ("run", ID), ("tool", NAME), ("channel", NAME),
                ("message", "promotional|informational|legal"), ("leads", "[1-9][0-9]*"), ("file", HASH)],
    "bundle": [("event", ID), *ACTED, ("recipient", NAME), ("segment*", ID)],
    "approve": [*STEP, ("approval", "approved|unapproved"), ("report?", SHA), *SIGNED],
    "activate": [*STEP, ("approval", "approved|unapproved"), ("course?", "publication|rollback"), ("replaces?", SHA), *SIGNED],
    "retire": [*STEP, ("leaving", "retired|purged"), ("policy", SHA), ("signature", SIGNATURE)],
    "report": [("document", SHA), ("about", "gates|comparison|fairness|monitoring"), ("model?", SHA), ("purpose", NAME), *ACTED],
    "erase": people("intent|done"),
    "restrict": people("set|lifted"),
    "purge": [("event", ID), *ACTED, ("class", NAME), ("segment*", ID)],
    "anchor": [("kind", "cosignature|timestamp|copy"), ("time", TIME), ("size", N), ("root", HASH), ("proof", HASH)],
    "note": [("about", NAME), *ACTED, ("checkpoint?", f"{N} {HASH}")],
}


def first_word(line):
    return line.split(" ")[0]


def code_of(line):
    return int(line.split("=")[0])


ASCENDING = {"file": first_word, "rows": first_word, "segment": first_word, "request": base64.b64decode, "basis": code_of, "outcome": code_of}
RELIES_ON = {"model": ("schema", "policy"), "run": ("model", "schema", "policy", "law"), "segment": ("model", "schema", "policy", "law"),
             "approve": ("model", "policy", "report"), "activate": ("model", "policy"), "retire": ("model", "policy"), "report": ("model",),
             "sign-off": ("policy",)}


class Entry:
    """One entry, its lines by key; spelt as the format spells it, or refused."""

    def __init__(self, index, text):
        self.index, self.where = index, f"entry {index}"
        self.text = text.decode("ascii", errors="replace")
        first, *lines = self.text.split("\n")
        kind = re.fullmatch("probant/([a-z-]+)/v1", first)
        need(kind and kind[1] in GRAMMAR and lines and lines.pop() == "", self.where, "not an entry of version 1")
        self.kind, self.lines = kind[1], {}
        for key, pattern in GRAMMAR[self.kind]:
            key, often = key.rstrip("*?"), key[-1] if key[-1] in "*?" else "1"
            values = []
            while lines and lines[0].startswith(key + " ") and (often == "*" or not values):
                value = lines.pop(0)[len(key) + 1 :]
                need(re.fullmatch(pattern, value), self.where, f"`{key}` is not spelt as the log spells it")
                values.append(value)
            need(values or often != "1", self.where, f"`{key}` is missing")
            self.lines[key] = values
        need(not lines, self.where, "it has a line that its kind has not")
        self.check()

    def __getitem__(self, key):
        return self.lines[key][0]

    def number(self, key):
        return int(self[key])

    def named(self, key):
        """The digest on a line, without the word after it."""
        return first_word(self[key]) if self.lines.get(key) else None

    def table(self, key):
        return {int(code): name for code, name in (line.split("=", 1) for line in self.lines[key])}

    def check(self):
        for time in self.lines.get("time", []):
            datetime.datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ")
        for date in self.lines.get("date", []) + [line.split(" ")[1] for line in self.lines.get("retention", [])]:
            datetime.date.fromisoformat(date)
        for key, sorts_by in ASCENDING.items():
            order = [sorts_by(value) for value in self.lines.get(key, [])]
            need(all(a < b for a, b in zip(order, order[1:])), self.where, f"`{key}` does not ascend strictly")
        if self.kind == "run":
            total = sum(self.number(key) for key in ("proposed", "refused", "failed"))
            need(self.number("in") == total, self.where, "the counts do not add up")
        if self.kind == "sign-off":
            proposed = self.number("proposed")
            need(self.number("opened") <= proposed, self.where, "more were opened than proposed")
            need(sum(map(self.number, ("validated", "overridden", "rejected"))) <= proposed, self.where, "more were reviewed than proposed")
            need(self.number("found") == self.number("planted"), self.where, "a planted case was not found")
        if self.kind in ("approve", "activate"):
            signed = bool(self.lines["signature"])
            need(bool(self.lines["policy"]) == signed, self.where, "a policy and a signature stand together or not at all")
            need(not self.lines.get("report") or signed, self.where, "a report that nobody signed for")
            need(self.kind == "approve" or bool(self.lines["course"]) == signed, self.where, "a `course` stands where somebody signed, and there alone")
            need(self.lines.get("replaces") != self.lines["model"], self.where, "a model does not take over from itself")
        if self.kind == "segment":
            need(1 <= self.number("rows") <= 1 << 20, self.where, "a segment holds 1 to 1048576 rows")
            need(all(code < 256 for key in ("basis", "outcome") for code in self.table(key)), self.where, "a code above 255")
            need((self["kind"] == "events") != bool(self.lines["model"]), self.where, "predictions have a model, and events have none")
        if "part" in self.lines:
            part, parts = map(int, self["part"].split("/"))
            need(1 <= part <= parts, self.where, "not a part of the whole")


class Act:
    """An erasure or a restriction: how many of its parts were read, the segments they name, and whether it is over."""

    def __init__(self, kind):
        self.kind, self.parts, self.of, self.segments, self.over = kind, 0, None, set(), False

    def take(self, entry, segments):
        need(entry.kind == self.kind, entry.where, "its event is that of an act of another kind")
        part, of = map(int, entry["part"].split("/"))
        named = [first_word(line) for line in entry.lines["rows"]]
        if entry["state"] in ("done", "lifted"):
            need(self.parts and not self.over, entry.where, "it ends what was not begun")
            asked = bool(entry.lines["request"])
            need(asked == (entry["state"] == "lifted"), entry.where, "`lifted` names its request, and `done` names none")
            need(not named, entry.where, "an act's end names no rows")
            self.over = True
        else:
            need(not self.over and (part, of) == (self.parts + 1, self.of or of), entry.where, "its parts are not in their order")
            need(segments.keys() >= set(named), entry.where, "it names an unknown segment")
            need(not self.segments & set(named), entry.where, "a segment stands in two parts of it")
            self.parts, self.of = part, of
            self.segments.update(named)


def check_purge(entry, segments, purged):
    """A purge is of its own class, after the retention date, once."""
    for segment in (segments[id] for id in entry.lines["segment"]):
        retention, until = segment["retention"].split(" ")
        need(retention == entry["class"], entry.where, "it names a segment of another class")
        # The day after the date is due; `time` is UTC, and the controller's calendar may be a day ahead of it.
        need(entry["time"][:10] >= until, entry.where, "it names a segment whose retention had not ended")
        need(segment["id"] not in purged, entry.where, "it names a segment that was purged before")
        purged.add(segment["id"])


class Life:
    """Candidate, approved, active, retired: that each step of a model follows from those before it."""

    def __init__(self):
        self.trainers, self.approved, self.active, self.were_active, self.gone, self.signs = {}, set(), {}, set(), set(), False

    def take(self, entry):
        model = entry.named("model")
        if entry.kind == "model":
            self.trainers.setdefault(model, set()).add(entry["actor"])
            self.gone.discard(model)
            return
        step = (entry["purpose"], model)
        self.signs |= bool(entry.lines["signature"])
        need(not self.signs or entry.lines["signature"], entry.where, "nobody signed it, in a log where steps are")
        if entry.kind == "approve":
            (self.approved.add if entry["approval"] == "approved" else self.approved.discard)(step)
            own = entry["approval"] == "approved" and entry["actor"] in self.trainers.get(model, ())
            need(not own, entry.where, "whoever trained a model approves it")
        elif entry.kind == "activate":
            before = self.active.get(entry["purpose"])
            need(model not in self.gone, entry.where, "the folder of its model was removed before")
            if entry.lines["course"]:
                need(step in self.approved, entry.where, "nobody had approved its model")
                need(entry.named("replaces") == (before if before != model else None), entry.where, "it takes over from another model than the active one")
                need(entry["course"] == "publication" or step in self.were_active, entry.where, "it goes back to a model that was never active")
            self.active[entry["purpose"]] = model
            self.were_active.add(step)
        else:
            self.approved.discard(step)
            if entry["leaving"] == "purged":
                need(model not in self.active.values(), entry.where, "it removes the folder of a model that scores")
                self.gone.add(model)
            elif self.active.get(entry["purpose"]) == model:
                self.active[entry["purpose"]] = None

    def scores(self, run):
        active = self.active.get(run["purpose"], run.named("model"))
        need(run["model"].endswith(" trial") or active == run.named("model"), run.where, "its model was not the active one")


SAME_AS_RUN = ("model", "schema", "policy", "law", "binary", "purpose")


def check_entries(log, key):
    """Order, documents kept before they are named, acts from their beginning to their end, and that nothing is missing from any run."""
    kept, kids, runs, segments, held, acts, purged, signed_off = set(), set(), {}, {}, {}, {}, set(), set()
    tree, roots, life = Tree(), [], Life()
    for entry, text in zip(log.entries, log.texts):
        roots.append(tree.root())
        tree.push(leaf_hash(text))
        need((entry.kind == "genesis") == (entry.index == 0), entry.where, "`genesis` is entry 0 and no other")
        if entry.kind == "genesis":
            need((entry["origin"], entry["key"]) == (log.origin, key.text), entry.where, "another log's name or key")
        for what in RELIES_ON.get(entry.kind, ()):
            digest = entry.named(what)
            need(digest is None or (what, digest) in kept, entry.where, f"no earlier entry keeps its {what}")
        if entry.kind in ("model", "approve", "activate", "retire"):
            life.take(entry)
        if entry.kind == "run":
            life.scores(entry)
        if entry.kind in ("model", "schema", "policy", "law", "report"):
            kept.add((entry.kind, entry["model" if entry.kind == "model" else "document"]))
        if entry.kind == "key":
            kids.add(entry["kid"])
        if entry.kind == "run":
            need(entry["run"] not in runs, entry.where, "the run is recorded twice")
            runs[entry["run"]], held[entry["run"]] = entry, {"proposals": 0, "refusals": 0}
        if entry.kind == "sign-off":
            run = runs.get(entry["run"])
            need(run and run["model"].endswith(" active"), entry.where, "no earlier entry records its run, or it is a trial")
            need(entry.number("proposed") <= run.number("proposed"), entry.where, "it signs off more than its run proposed")
            need(entry["run"] not in signed_off, entry.where, "it signs off a run a second time")
            signed_off.add(entry["run"])
        if entry.kind == "segment":
            need(entry["id"] not in segments, entry.where, "the segment is recorded twice")
            need(entry["kid"] in kids, entry.where, "no earlier entry records its `kid`")
            segments[entry["id"]] = entry
        if entry.kind == "segment" and entry["kind"] != "events":
            run = runs.get(entry["run"])
            need(run, entry.where, "no earlier entry records its run")
            for what in SAME_AS_RUN:
                need(entry[what] == run[what], entry.where, f"its `{what}` is not that of its run")
            held[entry["run"]][entry["kind"]] += entry.number("rows")
        if entry.kind in ("bundle", "purge"):
            need(all(id in segments for id in entry.lines["segment"]), entry.where, "it names an unknown segment")
        if entry.kind == "purge":
            check_purge(entry, segments, purged)
        if entry.kind in ("erase", "restrict"):
            acts.setdefault(entry["event"], Act(entry.kind)).take(entry, segments)
        if entry.kind == "anchor":
            size = entry.number("size")
            need(size <= entry.index, entry.where, "it vouches for more entries than stand before it")
            need(entry["root"] == base64.b64encode(roots[size]).decode(), entry.where, "its root is not that of the log at its size")
    for event, act in acts.items():
        need(act.parts == act.of, f"{act.kind} {event}", "its last part is missing")
    for id, run in runs.items():
        counts = (held[id]["proposals"], held[id]["refusals"])
        need(counts == (run.number("proposed"), run.number("refused")), f"run {id}", "its counts are not the rows of its segments")
    return segments, purged


# The model and the policy.


class Model:
    """How codes become a score, from `model.json`."""

    def __init__(self, data, digest, schema_digest):
        where = f"documents/{digest}"
        document = canonical(data, where)
        need(document["format"] == "probant/model/v1", where, "not a model of version 1")
        schema = document["schema"]
        need(sha256(pretty(schema)).hex() == schema_digest, where, "its schema is not the one that was recorded")
        codes = {"number": lambda it: len(it["edges"]) + 4, "category": lambda it: len(it["levels"]) + 2, "flag": lambda it: 3}
        counts = [codes[feature["shape"]](feature) for feature in schema["features"]]
        missing = {"number": lambda it: len(it["edges"]) + 1, "category": lambda it: len(it["levels"]), "flag": lambda it: 2}
        self.kinds = [(feature["shape"], missing[feature["shape"]](feature)) for feature in schema["features"]]
        self.features = len(counts)
        self.layout = ">" + "".join("B" if count <= 256 else "H" for count in counts) + "B" * len(schema["pairs"])
        self.pairs = []
        for pair in schema["pairs"]:
            width_b = max(pair["coarse_b"]) + 1
            none = (max(pair["coarse_a"]) + 1) * width_b
            self.pairs.append((pair["a"], pair["b"], pair["coarse_a"], pair["coarse_b"], width_b, none))
            counts.append(none + 1)
        self.baseline, self.tables = document["baseline"], document["tables"]
        need([len(table) for table in self.tables] == counts, where, "a table is not as long as its term has codes")
        most = abs(self.baseline) + sum(max(map(abs, table)) for table in self.tables)
        need(most < 1 << 31, where, "its entries could overflow")

    def replay(self, codes, where):
        """The contributions and the log-odds of a record's codes."""
        features = codes[: self.features]
        for at, code in enumerate(codes):
            need(code < len(self.tables[at]), where, "a code that its term has not")
        for (a, b, coarse_a, coarse_b, width_b, none), code in zip(self.pairs, codes[self.features :]):
            left, right = coarse_a[features[a]], coarse_b[features[b]]
            expected = none if left < 0 or right < 0 else left * width_b + right
            need(code == expected, where, "a pair's code is not that of its features' codes")
        contributions = [table[code] for table, code in zip(self.tables, codes)]
        return contributions, self.baseline + sum(contributions)


def score(log_odds):
    z = log_odds / 2**20
    sigma = 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))
    return round(1e6 * sigma)  # half to even


def bands(data, segment):
    """The bands' first scores, from the policy; the segment's outcomes are those bands, then `review` where the machine could abstain."""
    document = tomllib.loads(data.decode(), parse_float=Decimal)
    policy = document["bands"]
    named = {code: band["id"] for code, band in enumerate(policy)}
    limits = None
    if segment.table("outcome") == {**named, len(named): "review"}:
        limits = {"missing": Decimal("0.5"), "unseen": "important", "beyond": "any", "important": Decimal("0.25")} | document.get("abstention", {})
    else:
        need(named == segment.table("outcome"), segment.where, "its outcomes are not the policy's bands")
        need("abstention" not in document, segment.where, "its policy sets leads apart, and it has no outcome for them")
    starts = [Decimal(band["from"]) * 1_000_000 for band in policy]
    need(starts[0] == 0 and all(a < b for a, b in zip(starts, starts[1:])), segment.where, "the bands do not ascend from 0")
    return starts, limits


def ppm(share):
    return int((Decimal(share) * 1_000_000).to_integral_value(ROUND_HALF_UP))


def set_apart(model, limits, codes):
    """Whether these codes are for a person to judge (§10)."""
    spans = [max(table) - min(table) for table in model.tables[: model.features]]
    missing = 0
    for (kind, last), span, code in zip(model.kinds, spans, codes):
        missing += code == last
        watched = limits["beyond" if kind == "number" else "unseen"]
        weighs = span > 0 and span * 1_000_000 >= max(spans) * ppm(limits["important"])
        if code > last and (watched == "any" or watched == "important" and weighs):
            return True
    return missing * 1_000_000 > model.features * ppm(limits["missing"])


# Records.

FACTS = re.compile(rb"(?:([a-z0-9._-]+)=[ -~]*\n)*")


class Judge:
    """What every record of a segment must be."""

    def __init__(self, segment, documents):
        self.segment, self.model, self.starts, self.limits = segment, None, None, None
        self.basis, self.outcomes = segment.table("basis"), segment.table("outcome")
        if segment["kind"] == "proposals":
            version, policy = segment.named("model"), segment["policy"]
            self.model = Model(documents[version], version, segment["schema"])
            self.starts, self.limits = bands(documents[policy], segment) if policy in documents else (None, None)

    def check(self, row, record, where):
        need(len(record) >= 54 and record[:4] == b"PBR1", where, "not a prediction")
        segment, number, _, basis, outcome, log_odds, ppm, n = struct.unpack_from(">16sI16sBBiIH", record, 4)
        need((segment.hex(), number) == (self.segment["id"], row), where, "another row's record")
        need(basis in self.basis and outcome in self.outcomes, where, "a code that its segment does not name")
        at = 52
        if self.model is None:
            need((log_odds, ppm, n) == (0, 0, 0), where, "a refusal with a score")
        else:
            need(n == len(self.model.tables), where, "the number of terms is not the model's")
            facts_at = at + struct.calcsize(self.model.layout) + 4 * n
            need(len(record) >= facts_at + 2, where, "it is cut short")
            codes = struct.unpack_from(self.model.layout, record, at)
            contributions = list(struct.unpack_from(f">{n}i", record, facts_at - 4 * n))
            need((contributions, log_odds) == self.model.replay(codes, where), where, "the model does not say this of its codes")
            need(ppm == score(log_odds), where, "its score is not that of its log-odds")
            if self.starts:
                band = max(code for code, start in enumerate(self.starts) if start <= ppm)
                if self.limits and set_apart(self.model, self.limits, codes):
                    band = len(self.starts)
                need(outcome == band, where, "its outcome is not what the policy gives its score and its codes")
            at = facts_at
        facts = record[at + 2 :]
        need(len(facts) == int.from_bytes(record[at : at + 2]), where, "it does not end where its facts do")
        need(FACTS.fullmatch(facts), where, "its facts are not facts")
        keys = [line.split(b"=")[0] for line in facts.splitlines()]
        need(all(a < b for a, b in zip(keys, keys[1:])), where, "the keys of its facts do not ascend")


def check_leaves(path, segment, judge, erasures):
    """Every leaf of a segment; how many rows it holds, and how many were erased."""
    where, rows = f"segments/{segment['id']}.leaves", segment.number("rows")
    tree, gone = Tree(), {}
    with open(path, "rb") as file:

        def take(length):
            data = file.read(length)
            need(len(data) == length, where, "it is cut short")
            return data

        for row in range(rows):
            mark = take(1)
            if mark == b"\1":
                salt = take(16)
                record = take(int.from_bytes(take(4)))
                judge.check(row, record, f"{where}, row {row}")
                tree.push(leaf_hash(salt + record))
            else:
                need(mark == b"\0", where, f"row {row} is neither live nor erased")
                entry, hash = int.from_bytes(take(8)), take(32)
                gone.setdefault(entry, []).append(row.to_bytes(4) + hash)
                tree.push(hash)
        need(file.read(1) == b"", where, "it holds more than its rows")
    need(base64.b64encode(tree.root()).decode() == segment["root"], where, "its leaves are not those that were signed")
    for entry, leaves in gone.items():
        need(entry in erasures, where, f"a gap that entry {entry} of the log does not name")
        said = (len(leaves), base64.b64encode(sha256(b"".join(leaves))).decode())
        need(said == erasures[entry][:2], where, f"its gaps are not the rows that entry {entry} names")
    for entry, (_, _, done) in erasures.items():
        need(entry in gone or not done, where, f"entry {entry} erased rows that are still here")
    return rows, sum(map(len, gone.values()))


def erasures_of(log):
    """Of each segment, by entry, what an erasure says of its rows: count, sum, and whether it is carried out."""
    acts = [(index, entry) for index, entry in enumerate(log.entries) if entry.kind == "erase"]
    done = {entry["event"] for _, entry in acts if entry["state"] == "done"}
    found = {}
    for index, entry in acts:
        for line in entry.lines["rows"] if entry["state"] == "intent" else []:
            id, count, sum_of = line.split(" ")
            found.setdefault(id, {})[index] = (int(count), sum_of, entry["event"] in done)
    return found


PROOF = ("record", "salt", "path", "segment.entry", "segment.tlog-proof")


def check_proof(folder, number, log, segments, judges):
    """One record, from its bytes up to the signed root."""
    where = f"proofs/{number}"
    record, salt, path, text = (read(folder / name) for name in PROOF[:4])
    need(len(salt) == 16 and len(path) % 32 == 0, where, "not a salt and a path")
    index, *lines = read(folder / "segment.tlog-proof").decode().removeprefix("c2sp.org/tlog-proof@v1\n").partition("\n\n")[0].split("\n")
    expected = "\n".join(["c2sp.org/tlog-proof@v1", index, *lines]) + "\n\n" + log.note
    need(read(folder / "segment.tlog-proof").decode() == expected, where, "not a proof under this checkpoint")
    need(re.fullmatch(f"index {N}", index), where, "its proof names no index")
    steps = [unbase64(line, 32, where) for line in lines]
    index = int(index[6:])
    need(root_of_path(leaf_hash(text), index, log.size, steps, where) == log.root, where, "its segment's entry is not in the log")
    segment = log.entries[index]
    need(segment.kind == "segment" and segment["kind"] != "events", where, "its entry is not that of a segment of predictions")
    row = int.from_bytes(record[20:24])
    steps = [path[at : at + 32] for at in range(0, len(path), 32)]
    root = root_of_path(leaf_hash(salt + record), row, segment.number("rows"), steps, where)
    need(base64.b64encode(root).decode() == segment["root"], where, "its record is not in the segment")
    before = [it for it in segments.values() if it.index < index and it["kind"] != "events"]
    need(number == sum(it.number("rows") for it in before) + row, where, "it is another decision's")
    judges[segment["id"]].check(row, record, where)


# The bundle.


def read(path):
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Refused(f"{path.name}: the file is missing") from None


def check_names(bundle, log, said, documents):
    """The bundle holds the files that it must hold, their folders, the pages that tell how to verify it, and nothing else."""
    files = log.files | {"checkpoint", "verifier", "bundle.json"} | {f"documents/{digest}" for digest in documents}
    files |= {f"segments/{id}.leaves" for id in said["segments"] if said["rows"]}
    files |= {f"proofs/{number}/{name}" for number in said["selection"].get("decisions", []) for name in PROOF}
    folders = {parent.as_posix() for file in files for parent in pathlib.PurePosixPath(file).parents}
    found = {path.relative_to(bundle).as_posix(): path for path in bundle.rglob("*")}
    for name, path in sorted(found.items()):
        known = folders if path.is_dir() else files | {"VERIFY.md", "verify.go", "verify.py"}
        need(name in known and not path.is_symlink(), name, "a bundle has no such file or folder")
    for name in sorted(files):
        need(name in found, name, "the file is missing")


def pretty(document):
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def canonical(data, where):
    document = json.loads(data)
    need(pretty(document) == data, where, "not in canonical form")
    return document


def chosen(said, log, segments):
    """The segments that the selection stands for, those that were purged among them; none where it is of decisions."""
    selection = said["selection"]
    if list(selection) == ["decisions"]:
        return None
    if list(selection) == ["run"]:
        runs = {selection["run"]}
    else:
        need(list(selection) == ["from", "to"], "bundle.json", "an unknown selection")
        within = (it for it in log.entries if it.kind == "run" and selection["from"] <= it["date"] <= selection["to"])
        runs = {run["run"] for run in within}
    return [id for id, it in segments.items() if it["run"] in runs and it["kind"] != "events"]


def rows_of(ids, segments):
    return sum(segments[id].number("rows") for id in ids)


def verify(bundle, key):
    log = Log(bundle, key)
    print(f"ok  checkpoint: signed by {key.name}, {log.size} entries, root {base64.b64encode(log.root).decode()}")
    segments, purged = check_entries(log, key)
    lacks = "no run lacks a row"
    if purged:
        lacks = f"{rows_of(purged, segments)} records in {len(purged)} of {len(segments)} segments were purged at their date; no run lacks another"
    print(f"ok  log: every entry and every tile is what was signed; {lacks}")
    said = canonical(read(bundle / "bundle.json"), "bundle.json")
    order = ["format", "binary", "origin", "size", "root", "selection", "rows", "segments", "recipient", "date"]
    need(list(said) == order and said["format"] == "probant/bundle/v1", "bundle.json", "not of version 1")
    root = base64.b64encode(log.root).decode()
    need((said["origin"], said["size"], said["root"]) == (log.origin, log.size, root), "bundle.json", "it speaks of another checkpoint")
    selected = chosen(said, log, segments)
    if selected is None:
        selected = said["segments"]
        need(not purged & set(selected), "bundle.json", "it chose a segment that was purged")
    lost = [id for id in selected if id in purged]
    need([id for id in selected if id not in purged] == said["segments"], "bundle.json", "its segments are not those of its selection")
    if lost:
        print(f"ok  purged: {rows_of(lost, segments)} records of {len(lost)} of the {len(selected)} chosen segments are no more, as the log says")
    one, named, last = "decisions" in said["selection"], set(), log.entries[-1]
    if one:
        recorded = last.kind == "segment" and last["kind"] == "events"
    else:
        handed = sorted(said["segments"]) if said["rows"] else []
        recorded = last.kind == "bundle" and last["recipient"] == said["recipient"] and last.lines["segment"] == handed
    need(recorded, "bundle.json", "the log does not end with the record of this hand-over")
    for segment in (segments[id] for id in said["segments"]):
        named |= {segment.named(what) for what in ("model", "schema", "law", *([] if one else ["policy"]))} - {None}
    check_names(bundle, log, said, named)
    documents = {digest: read(bundle / "documents" / digest) for digest in named}
    for digest, data in documents.items():
        need(sha256(data).hex() == digest, f"documents/{digest}", "its SHA-256 is not its name")
    print(f"ok  documents: {len(documents)} are what they are called")
    judges = {id: Judge(segments[id], documents) for id in said["segments"]}
    rows = gone = 0
    for id in said["segments"] if said["rows"] else []:
        counts = check_leaves(bundle / f"segments/{id}.leaves", segments[id], judges[id], erasures_of(log).get(id, {}))
        rows, gone = rows + counts[0], gone + counts[1]
    if said["rows"]:
        print(f"ok  rows: {rows} leaves are what was signed ({gone} erased); every score was replayed from its codes and its model")
    for number in said["selection"].get("decisions", []):
        check_proof(bundle / "proofs" / str(number), number, log, segments, judges)
        print(f"ok  decision {number}: its record is in the log, and its score was replayed (its band needs the policy, which is not here)")


def main():
    arguments = argparse.ArgumentParser(description="Verifies a bundle of a Probant ledger.")
    arguments.add_argument("bundle", nargs="?", default=".", type=pathlib.Path)
    arguments.add_argument("--key", help="the log's verifier key, got elsewhere than from the bundle")
    typed = arguments.parse_args()
    try:
        brought = read(typed.bundle / "verifier").decode()
        need(brought.endswith("\n") and typed.key in (None, brought[:-1]), "verifier", "not the key that you gave")
        verify(typed.bundle, Key(brought[:-1]))
    except Refused as why:
        sys.exit(f"REFUSED  {why}")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, ArithmeticError, OSError, struct.error) as error:
        sys.exit(f"REFUSED  it is malformed ({type(error).__name__})")
    if typed.key is None:
        print("note: the verifier key came with the bundle; compare it with one that you got elsewhere (`--key`)")


if __name__ == "__main__":
    main()
