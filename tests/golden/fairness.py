#!/usr/bin/env python3
"""Writes fairness.json: how groups fare by scipy and scikit-learn (Bergsma's correction by numpy), to hold `fairness` to.

Needs numpy, scipy and scikit-learn. Run it in this folder."""
import json

import numpy as np
from scipy.stats import binomtest, chi2_contingency
from scipy.stats.contingency import relative_risk
from sklearn.metrics import confusion_matrix, roc_auc_score

rng = np.random.default_rng(20261125)


def share(x, n):
    ci = binomtest(int(x), int(n)).proportion_ci(method="wilson")
    return [x / n, ci.low, ci.high]


def cramers_v(codes, groups):
    """Bergsma (2013), from scipy's uncorrected chi square."""
    table = np.array([[np.sum((codes == c) & (groups == g)) for c in np.unique(codes)] for g in np.unique(groups)])
    n = table.sum()
    phi2 = chi2_contingency(table, correction=False).statistic / n
    r, c = table.shape
    phi2 = max(0, phi2 - (r - 1) * (c - 1) / (n - 1))
    r, c = r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)
    return float(np.sqrt(phi2 / min(r - 1, c - 1)))


def p_value(codes, groups):
    table = np.array([[np.sum((codes == c) & (groups == g)) for c in np.unique(codes)] for g in np.unique(groups)])
    return float(chi2_contingency(table, correction=False).pvalue)


def case(sizes, shifts, ties, known):
    n = sum(sizes)
    groups = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    score = rng.normal(-1, 1.1, n) + np.array(shifts)[groups]
    p = 1 / (1 + np.exp(-score))
    if ties:
        p = np.round(p, ties)
    selected = p >= 0.4
    outcome = (rng.random(n) < p).astype(int)
    outcome[rng.random(n) > known] = -1
    tells = (groups * 2 + rng.integers(0, 5, n)) % 7  # a proxy
    says = rng.integers(0, 12, n)  # none
    binary = (rng.random(n) < 0.3 + 0.15 * groups / len(sizes)).astype(int)
    many = rng.integers(0, 30, n)  # none, and yet by chance
    features = {"tells": tells, "says": says, "binary": binary, "many": many}
    rate = [np.mean(selected[groups == g]) for g in range(len(sizes))]
    most = int(np.argmax(rate))
    expected = []
    for g in range(len(sizes)):
        here = groups == g
        x, m = int(selected[here].sum()), int(here.sum())
        risk = relative_risk(x, m, int(selected[groups == most].sum()), int((groups == most).sum()))
        ci = risk.confidence_interval(0.95)
        told = here & (outcome >= 0)
        lost, false, missed, won = confusion_matrix(outcome[told], selected[told].astype(int), labels=[0, 1]).ravel().tolist()
        expected.append({
            "group": f"g{g}",
            "people": m,
            "selected": share(x, m),
            "ratio": None if g == most else [risk.relative_risk, ci.low, ci.high],
            "area": roc_auc_score(here, p),
            "predicted": float(np.mean(p[told])),
            "observed": share(int(outcome[told].sum()), int(told.sum())),
            "false_positive": share(false, lost + false),
            "false_negative": share(missed, missed + won),
        })
    return {
        "groups": groups.tolist(),
        "probability": p.tolist(),
        "selected": selected.astype(int).tolist(),
        "outcome": outcome.tolist(),
        "features": {name: codes.tolist() for name, codes in features.items()},
        "most": f"g{most}",
        "expected": expected,
        "cramers_v": {name: cramers_v(codes, groups) for name, codes in features.items()},
        "p_value": {name: p_value(codes, groups) for name, codes in features.items()},
    }


cases = [
    case([160, 140], [0.0, -0.5], 0, 1.0),
    case([110, 130, 90, 70], [0.3, 0.0, -0.4, -0.2], 2, 0.7),
]
with open("fairness.json", "w") as out:
    json.dump({"cases": cases}, out, separators=(",", ":"))
    out.write("\n")
