#!/usr/bin/env python3
"""Earlier rows to learn from, later ones to judge by: Probant beside scikit-learn's one-hot pipeline.

time_split.py PROBANT BANK_MARKETING_FOLDER POLICIES_FOLDER    prints Markdown. Needs scikit-learn and pandas.

Twice: the first 70 % learned and the last 30 % scored by the shipped model, whole commands; and the latest fifth that a
training holds out itself, where our own one-hot rival must agree with scikit-learn's."""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FILES = [("bank-full.csv", "bank-full-ordered.toml"), ("bank-additional-full.csv", "bank-additional-ordered.toml")]
DRAWS = 1000


def pipeline(train, test):
    """The ordinary one-hot pipeline on every column but `duration`."""
    x = [frame.drop(columns=["y", "duration"]) for frame in (train, test)]
    numbers = list(x[0].select_dtypes("number"))
    categories = [name for name in x[0] if name not in numbers]
    columns = ColumnTransformer([
        ("n", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        ("c", OneHotEncoder(handle_unknown="ignore"), categories),
    ])
    model = make_pipeline(columns, LogisticRegression(max_iter=5000)).fit(x[0], train.y == "yes")
    return model.predict_proba(x[1])[:, 1]


def probant(binary, policy, train, test, folder):
    """Trains under the ordered policy and scores the rest; probabilities and findings."""
    def run(*words):
        done = subprocess.run([binary, "-w", str(folder), "--lang", "en", *words], capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        return done.stdout

    for name, frame in (("train.csv", train), ("test.csv", test)):
        frame.to_csv(folder / name, sep=";", index=False)
    run("init")
    (folder / "probant.toml").write_text(policy.read_text())
    trained = json.loads(run("train", str(folder / "train.csv"), "--as", "analyste", "--json"))
    if not len(test):
        return None, trained["provenance"]["findings"]
    run("score", str(folder / "test.csv"), "--out", str(folder / "scores.csv"), "--model", trained["model"])
    scores = pd.read_csv(folder / "scores.csv", sep=";")["score"].to_numpy()
    return scores, trained["provenance"]["findings"]


def loss(won, p):
    return log_loss(won, np.clip(p, 1e-6, 1 - 1e-6))


def paired(won, ours, theirs):
    """The 95 % intervals of ours less theirs, rows drawn in pairs: area, then loss."""
    rng = np.random.default_rng(1)
    draws = []
    for _ in range(DRAWS):
        at = rng.integers(0, len(won), len(won))
        draws.append((roc_auc_score(won[at], ours[at]) - roc_auc_score(won[at], theirs[at]),
                      loss(won[at], ours[at]) - loss(won[at], theirs[at])))
    return np.percentile(draws, [2.5, 97.5], axis=0).T


def main():
    binary, data, policies = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    print("| file | method | ROC AUC | log-loss |\n|---|---|---|---|")
    said, held = [], []
    for name, policy in FILES:
        frame = pd.read_csv(data / name, sep=";")
        cut = int(0.7 * len(frame))
        train, test = frame[:cut], frame[cut:]
        won = (test.y == "yes").to_numpy()
        with tempfile.TemporaryDirectory() as folder:
            ours, found = probant(binary, policies / policy, train, test, Path(folder))
        theirs = pipeline(train, test)
        for method, p in (("probant, as shipped", ours), ("scikit-learn, one-hot logistic", theirs)):
            print(f"| {name} | {method} | {roc_auc_score(won, p):.4f} | {loss(won, p):.4f} |")
        (auc_low, auc_high), (loss_low, loss_high) = paired(won, ours, theirs)
        print(f"| {name} | difference, paired 95 % | {auc_low:+.4f} to {auc_high:+.4f} | {loss_low:+.4f} to {loss_high:+.4f} |")
        said.append((name, found))
        with tempfile.TemporaryDirectory() as folder:
            _, found = probant(binary, policies / policy, frame, frame[:0], Path(folder))
        cut = len(frame) - found["metrics"]["rows"]
        theirs, won = pipeline(frame[:cut], frame[cut:]), (frame.y[cut:] == "yes").to_numpy()
        held.append((name, found, roc_auc_score(won, theirs), loss(won, theirs)))
    print("\nThe latest fifth, held out by the training itself:\n")
    print("| file | method | ROC AUC | log-loss |\n|---|---|---|---|")
    for name, found, auc, cost in held:
        print(f"| {name} | probant, the twin | {found['metrics']['roc_auc']['value']:.4f} | {found['metrics']['log_loss']['value']:.4f} |")
        for it in found["compared"]:
            print(f"| {name} | probant's {it['rival']['method']} | {it['roc_auc']['value']:.4f} | {it['log_loss']['value']:.4f} |")
        print(f"| {name} | scikit-learn, one-hot logistic | {auc:.4f} | {cost:.4f} |")
    for name, found in said:
        print(f"\n`{name}`, first 70 %: strength {found['strength']:g}, {len(found['pairs'])} pairs, promotable {str(found['promotable']).lower()}; warned of")
        for warning in found["warnings"]:
            print(f"- {json.dumps(warning)}")


if __name__ == "__main__":
    main()
