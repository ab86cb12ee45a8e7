"""Golden numbers of monitoring: the population stability index by numpy, and what scores promise by scikit-learn.

    python tests/golden/monitor.py > tests/golden/monitor.json
"""

import json

import numpy as np
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

rng = np.random.default_rng(20261125)


def psi(training, window):
    """Cells empty on both sides are left out; one empty on one side counts there as half a row."""
    t, w = np.asarray(training, float), np.asarray(window, float)
    rows_t, rows_w = t.sum(), w.sum()
    held = (t > 0) | (w > 0)
    t, w = t[held], w[held]
    p = np.where(t == 0, 0.5, t) / rows_t
    q = np.where(w == 0, 0.5, w) / rows_w
    return float(np.sum((q - p) * np.log(q / p)))


def stable(cells, rows, moved):
    shares = rng.dirichlet(np.full(cells, 2.0))
    other = rng.dirichlet(np.full(cells, 2.0))
    mixed = (1 - moved) * shares + moved * other
    return rng.multinomial(rows, shares), rng.multinomial(rows // 3, mixed)


cases = []
for cells, rows, moved in [(2, 1000, 0.0), (5, 3000, 0.1), (12, 20000, 0.3), (36, 100000, 0.05), (36, 900, 1.0)]:
    training, window = stable(cells, rows, moved)
    if cells == 36:
        training[3] = 0
        window[7] = 0
        training[9] = window[9] = 0
    cases.append({"training": training.tolist(), "window": window.tolist(), "psi": psi(training, window)})


def promise(ppm):
    """Every lead twice: won with the weight of its score, lost with the weight of the rest."""
    p = np.asarray(ppm) / 1e6
    truth = np.concatenate([np.ones_like(p), np.zeros_like(p)])
    twice = np.concatenate([p, p])
    weight = np.concatenate([p, 1 - p])
    order = np.sort(p)[::-1]
    top = len(p) / 10
    whole = int(np.floor(top))
    best = order[:whole].sum() + (top - whole) * (order[whole] if whole < len(p) else 0)
    return {
        "scores": [int(it) for it in ppm],
        "won": float(np.average(truth, weights=weight)),
        "roc_auc": float(roc_auc_score(truth, twice, sample_weight=weight)),
        "log_loss": float(log_loss(truth, twice, sample_weight=weight)),
        "brier": float(brier_score_loss(truth, twice, sample_weight=weight)),
        "lift_10": float(best / top / p.mean()),
    }


scores = [
    np.clip(np.round(rng.beta(2, 7, 500) * 1e6), 1, 999_999).astype(int),
    np.clip(np.round(rng.beta(0.4, 0.6, 777) * 1e6), 1, 999_999).astype(int),
    rng.choice([20_000, 150_000, 400_000, 900_000], 300, p=[0.5, 0.3, 0.15, 0.05]),
]
print(json.dumps({"psi": cases, "expected": [promise(it) for it in scores]}, separators=(",", ":")))
