#!/usr/bin/env python3
"""Writes profile.json: what each categorical column of Bank Marketing brings and whom it singles out, by pandas and
scikit-learn, to hold `model::profile` to.

Needs numpy, pandas and scikit-learn. Run it in this folder with the path of bank-full.csv. The folds are the ones that
our code deals (people in the order of HMAC-SHA-256(seed, record), the won first), dealt here again."""
import hashlib
import hmac
import json
import sys

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

COLUMNS = ["job", "marital", "education", "default", "housing", "loan", "contact", "month", "poutcome"]
SEED, FOLDS, STRENGTH = 20260101, 5, 3.0

table = pd.read_csv(sys.argv[1], sep=";", dtype=str, keep_default_na=False)
won = (table["y"] == "yes").to_numpy()
rows = len(table)

keys = [hmac.new(SEED.to_bytes(8, "big"), str(row + 1).encode(), hashlib.sha256).digest() for row in range(rows)]
order = np.array(sorted(range(rows), key=keys.__getitem__))
fold = np.empty(rows, int)
fold[np.concatenate([order[won[order]], order[~won[order]]])] = np.arange(rows) % FOLDS


def alone(columns):
    return int((table.groupby(columns).size() == 1).sum())


def scores(columns, held):
    design = pd.get_dummies(table[columns]).to_numpy(float)
    fit = LogisticRegression(C=1 / STRENGTH, solver="newton-cholesky", tol=1e-9, max_iter=200)
    return fit.fit(design[~held], won[~held]).decision_function(design[held]).round(9)


def placed(score, y):
    """For each row the share of the rows of the other outcome that it stands on the right side of."""
    up, down = np.sort(score[y]), np.sort(score[~y])
    under = (np.searchsorted(down, score, "left") + np.searchsorted(down, score, "right")) / 2 / len(down)
    over = 1 - (np.searchsorted(up, score, "left") + np.searchsorted(up, score, "right")) / 2 / len(up)
    return np.where(y, under, over)


features = {column: [] for column in COLUMNS}
areas = []
for number in range(FOLDS):
    held = fold == number
    y = won[held]
    whole = scores(COLUMNS, held)
    areas.append(roc_auc_score(y, whole))
    for column in COLUMNS:
        part = scores([it for it in COLUMNS if it != column], held)
        apart = placed(whole, y) - placed(part, y)
        n = len(y)
        # DeLong's variance of the difference, but over all rows as one sample, as by a jackknife of people.
        own = np.where(y, (apart - apart[y].mean()) / y.sum(), (apart - apart[~y].mean()) / (~y).sum())
        features[column].append((areas[-1] - roc_auc_score(y, part), (own ** 2).sum() * n / (n - 1)))
report = {
    "strength": STRENGTH,
    "people": rows,
    "alone": alone(COLUMNS),
    "roc_auc": float(np.mean(areas)),
    "features": {
        column: {
            "gain": float(np.mean([gain for gain, _ in folds])),
            "error": float(np.sqrt(max(
                sum(variance for _, variance in folds) / FOLDS ** 2,
                np.var([gain for gain, _ in folds], ddof=1) / FOLDS,
            ))),
            "alone_without": alone([it for it in COLUMNS if it != column]),
        }
        for column, folds in features.items()
    },
}
json.dump(report, open("profile.json", "w"), indent=1)
print(json.dumps(report, indent=1))
