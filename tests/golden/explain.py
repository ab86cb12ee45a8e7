#!/usr/bin/env python3
"""Writes explain.json: contributions of an additive model by shap, and of a model with pairs by an independent purification.

Everything is written anew from the description of the model (bins, dense design, coarse codes, least squares), with
numpy, scikit-learn and shap, and nothing of the product is used. Run it in this folder."""
import json

import numpy as np
import shap
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(7)
K, BINS, N, RIDGE = 20, 8, 900, 3.0
PAIRS = [(0, 1), (1, 2), (0, 3)]

age = np.round(rng.normal(45, 12, N), 1)
age[rng.random(N) < 0.08] = np.nan
visits = np.where(rng.random(N) < 0.4, 999.0, np.floor(rng.exponential(6, N)))
source = rng.choice(["ads", "fair", "mail", "referral", "web", "rare", "seldom"], N, p=[.2, .15, .2, .17, .25, .01, .02]).astype(object)
source[rng.random(N) < 0.05] = None
region = rng.choice([f"r{i:02}" for i in range(12)], N).astype(object)
consent = rng.choice([0, 1, 2], N, p=[.5, .45, .05])
eta = -1 + .04 * (np.nan_to_num(age, nan=45) - 45) + (visits == 999) * .8 + (source == "fair") * 1.1 + (consent == 1) * .5
eta += ((visits == 999) & (source == "web")) * 1.5 - ((np.nan_to_num(age) > 50) & (visits < 4)) * 1.2
y = rng.random(N) < 1 / (1 + np.exp(-eta))


def edges(values):
    """Bins of a number, in the words of the design."""
    values = values[~np.isnan(values)]
    distinct, count = np.unique(values, return_counts=True)
    heavy = count > len(values) / BINS
    full = max(K, int(np.ceil(count[~heavy].sum() / (BINS - heavy.sum()))))
    bins, held = [], False
    for value, rows, alone in zip(distinct, count, heavy):
        if not held or alone:
            bins.append([value, value, rows])
        else:
            bins[-1][1], bins[-1][2] = value, bins[-1][2] + rows
        held = not alone and bins[-1][2] < full
    while len(bins) > 1 and (min(b[2] for b in bins) < K or len(bins) > BINS):
        at = min(range(len(bins)), key=lambda i: (bins[i][2], i))
        if at == 0 or (at + 1 < len(bins) and bins[at + 1][2] < bins[at - 1][2]):
            a, b = at, at + 1
        else:
            a, b = at - 1, at
        bins[a:b + 1] = [[bins[a][0], bins[b][1], bins[a][2] + bins[b][2]]]
    return [left[1] / 2 + right[0] / 2 for left, right in zip(bins, bins[1:])]


def number(values):
    cut = edges(values)
    return [("missing" if np.isnan(v) else sum(e < v for e in cut)) for v in values], len(cut) + 1


def levels(values):
    kept = sorted(v for v in set(values) - {None} if (values == v).sum() >= K)
    return ["missing" if v is None else (v if v in kept else "other") for v in values], kept


def thermometer(codes, bins):
    binned = np.array([c != "missing" for c in codes])
    x = np.array([[float(c != "missing" and c > j) for j in range(bins - 1)] for c in codes])
    x[~binned] = x[binned].mean(axis=0)
    if (~binned).sum() >= K:
        x = np.column_stack([x, (~binned).astype(float)])
    else:
        assert binned.all()
    return x


def one_hot(codes, none=()):
    kept = sorted((c for c in set(codes) if codes.count(c) >= K and c not in none), key=str)
    x = np.array([[float(c == level) for level in kept] for c in codes])
    rest = np.array([c not in kept for c in codes])
    if rest.any():
        x[rest] = x[~rest].mean(axis=0)  # a code of too few people stands at the mean
    return x


def fit(blocks):
    x = np.column_stack(blocks)
    model = LogisticRegression(C=1 / RIDGE, solver="newton-cholesky", tol=1e-13, max_iter=200).fit(x, y)
    return x, model


def owners(blocks):
    return np.repeat(np.arange(len(blocks)), [b.shape[1] for b in blocks])


age_codes, age_bins = number(age)
visit_codes, visit_bins = number(visits)
source_codes, _ = levels(source)
region_codes, _ = levels(region)
codes = [age_codes, visit_codes, source_codes, region_codes, consent.tolist()]
main = [thermometer(age_codes, age_bins), thermometer(visit_codes, visit_bins), one_hot(source_codes), one_hot(region_codes), one_hot(consent.tolist())]

x, model = fit(main)
phi = shap.LinearExplainer(model, shap.maskers.Independent(x, max_samples=len(x))).shap_values(x)
additive = np.column_stack([phi[:, owners(main) == t].sum(axis=1) for t in range(len(main))])
additive_base = float(model.decision_function(x).mean())


def coarse(of, ordered):
    """Coarse codes: neighbours that are smallest together are merged until eight are left, missing apart."""
    count = {c: of.count(c) for c in set(of)}
    kept = [c for c in count if count[c] >= K and c != "missing"]
    if ordered:
        kept.sort()
    else:
        base = y.mean()
        won = {c: sum(y[i] for i in range(N) if of[i] == c) for c in kept}
        position = {c: (1, "") if c == "other" else (0, c) for c in kept}
        kept.sort(key=lambda c: ((won[c] + 20 * base) / (count[c] + 20), position[c]))
    runs = [[c] for c in kept]
    missing = count.get("missing", 0) >= K
    while len(runs) > 8 - missing:
        at = min(range(len(runs) - 1), key=lambda i: (sum(count[c] for c in runs[i] + runs[i + 1]), i))
        runs[at:at + 2] = [runs[at] + runs[at + 1]]
    if missing:
        runs.append(["missing"])
    group = {c: i for i, run in enumerate(runs) for c in run}
    return [group.get(c) for c in of]


sides = [coarse(age_codes, True), coarse(visit_codes, True), coarse(source_codes, False), coarse(region_codes, False), None]
cells = [[(a, b) if a is not None and b is not None else "none" for a, b in zip(sides[i], sides[j])] for i, j in PAIRS]
blocks = main + [one_hot(c, ("none",)) for c in cells]
x, model = fit(blocks)
term = (x - x.mean(axis=0)) * model.coef_[0]
parts = np.column_stack([term[:, owners(blocks) == t].sum(axis=1) for t in range(len(blocks))])
base = float(model.decision_function(x).mean())
for p, (i, j) in enumerate(PAIRS):
    t = len(main) + p
    kept = np.array([c != "none" and cells[p].count(c) >= K for c in cells[p]])
    wide = [max(c for c in sides[s] if c is not None) + 1 for s in (i, j)]
    design = np.zeros((N, sum(wide)))
    for row in np.flatnonzero(kept):
        design[row, sides[i][row]] = design[row, wide[0] + sides[j][row]] = 1
    solution = np.linalg.lstsq(design[kept], parts[kept, t], rcond=None)[0]
    parts[~kept, t] = 0
    parts[kept, t] -= design[kept] @ solution
    for side, at, part in ((i, 0, solution[:wide[0]]), (j, wide[0], solution[wide[0]:])):
        # A coarse code without any kept cell has no part, and stands at the mean.
        held = np.array([c is not None and design[:, at + c].any() for c in sides[side]])
        gift = np.array([part[c] if ok else 0 for c, ok in zip(sides[side], held)])
        mean = gift[held].mean()
        parts[held, side] += gift[held] - mean
        base += mean



def first(values):
    return np.round(values[:200], 10).tolist()


json.dump({
    "min_people": K, "max_bins": BINS, "strength": RIDGE, "pairs": PAIRS,
    "age": [None if np.isnan(v) else v for v in age], "visits": visits.tolist(), "source": source.tolist(), "region": region.tolist(),
    "consent": consent.tolist(), "outcome": y.astype(int).tolist(),
    "additive": {"baseline": additive_base, "contributions": first(additive)},
    "paired": {"baseline": base, "contributions": first(parts)},
}, open("explain.json", "w"), separators=(",", ":"))
