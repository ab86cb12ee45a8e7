#!/usr/bin/env python3
"""Writes rivals.json: what other methods make of the leads of explain.json, the last fifth judged, to hold `model::rivals` to.

The one-hot pipeline is scikit-learn's, run until it has converged (by default it stops earlier); naive Bayes is written
here from the frequencies, as Odoo's `_pls_get_naive_bayes_probabilities` computes, on the three discrete fields.
Needs numpy, pandas and scikit-learn. Run it in this folder."""
import json
from collections import Counter

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

LEAST = 20  # min_people: rarer levels are one level together
golden = json.load(open("explain.json"))
frame = pd.DataFrame({
    "age": [np.nan if v is None else float(v) for v in golden["age"]],
    "visits": [np.nan if v is None else float(v) for v in golden["visits"]],
    "source": [v if v is not None else "(none)" for v in golden["source"]],
    "region": [v if v is not None else "(none)" for v in golden["region"]],
    "consent": [str(v) for v in golden["consent"]],
})
won = np.array(golden["outcome"]) > 0.5
n = len(won)
# The middle of a row's place decides its block of five, as `People::blocks` has it.
held = (2 * np.arange(n) + 1) * 5 // (2 * n) == 4
train, test = frame[~held], frame[held]

columns = ColumnTransformer([
    ("n", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["age", "visits"]),
    ("c", OneHotEncoder(handle_unknown="ignore"), ["source", "region", "consent"]),
])
fitted = make_pipeline(columns, LogisticRegression(tol=1e-12, max_iter=100_000)).fit(train, won[~held])
one_hot = fitted.predict_proba(test)[:, 1]

tables = {}
for field in ["source", "region", "consent"]:
    counts = Counter(train[field])
    none = "(none)" if field != "consent" else "2"
    fold = lambda v, field=field, none=none, counts=counts: v if field == "consent" or v == none or counts[v] >= LEAST else "(other)"
    values = [fold(v) for v in train[field]]
    w = Counter(v for v, y in zip(values, won[~held]) if y and v != none)
    l = Counter(v for v, y in zip(values, won[~held]) if not y and v != none)
    known = set(w) | set(l)
    all_w, all_l = (sum(c[v] + 0.1 for v in known) for c in (w, l))
    tables[field] = (fold, {v: ((w[v] + 0.1) / all_w, (l[v] + 0.1) / all_l) for v in known})
bayes = []
for _, row in test.iterrows():
    s_won, s_lost = won[~held].mean(), 1 - won[~held].mean()
    for field, (fold, table) in tables.items():
        if fold(row[field]) in table:
            a, b = table[fold(row[field])]
            s_won, s_lost = s_won * a, s_lost * b
    bayes.append(min(max(round(100 * s_won / (s_won + s_lost), 2), 0.01), 99.99) / 100)

y = won[held]
json.dump({
    "rows": int(held.sum()),
    "one_hot": {"roc_auc": roc_auc_score(y, one_hot), "log_loss": log_loss(y, one_hot)},
    "naive_bayes": {"roc_auc": roc_auc_score(y, bayes), "log_loss": log_loss(y, bayes)},
}, open("rivals.json", "w"), indent=1)
