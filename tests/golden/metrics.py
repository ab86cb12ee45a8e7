#!/usr/bin/env python3
"""Writes metrics.json: figures by scikit-learn (and, where it has none, by numpy row by row), to hold `model::evaluate` to.

Needs numpy and scikit-learn. Run it in this folder."""
import json

import numpy as np
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

rng = np.random.default_rng(20260301)


def case(n, ties, rate):
    score = rng.normal(np.log(rate / (1 - rate)), 1.2, n)
    p = 1 / (1 + np.exp(-score))
    y = rng.random(n) < p ** 1.2
    if ties:
        p = np.round(p, ties)
    return p, y


def fractional(p, y, order, borders):
    """Sums of p and y between fractional positions of an order, ties replaced by their mean outcome."""
    mean = {value: y[p == value].mean() for value in np.unique(p)}
    smooth = np.array([mean[value] for value in p])[order]
    out = []
    for start, stop in zip(borders, borders[1:]):
        share = np.clip(np.minimum(np.arange(1, len(p) + 1), stop) - np.maximum(np.arange(len(p)), start), 0, 1)
        out.append((share.sum(), (share * p[order]).sum(), (share * smooth).sum()))
    return out


cases = []
for n, ties, rate in [(500, 0, 0.3), (1000, 2, 0.1), (237, 1, 0.5), (60, 1, 0.05), (2003, 3, 0.02)]:
    p, y = case(n, ties, rate)
    y[:2] = [True, False]
    order = np.argsort(-p, kind="stable")
    bins = fractional(p, y, order, np.linspace(0, n, 11))
    top = fractional(p, y, order, [0, n / 10])[0]
    cases.append({
        "probabilities": p.tolist(),
        "outcome": y.astype(int).tolist(),
        "roc_auc": roc_auc_score(y, p),
        "pr_auc": average_precision_score(y, p),
        "log_loss": log_loss(y, p),
        "brier": brier_score_loss(y, p),
        "ece": sum(abs(o - m) for _, m, o in bins) / n,
        "lift_10": top[2] / top[0] / y.mean(),
    })
json.dump(cases, open("metrics.json", "w"), separators=(",", ":"))
