#!/usr/bin/env python3
"""The first 70 % of a file in time order to learn from, the last 30 % to judge by: Probant beside scikit-learn.

time_order.py PROBANT BANK_MARKETING_FOLDER POLICIES_FOLDER    prints a Markdown table. Needs scikit-learn and pandas."""
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
    """Trains under the ordered policy and scores the rest; probabilities and warnings."""
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
    run("score", str(folder / "test.csv"), "--out", str(folder / "scores.csv"), "--model", trained["model"])
    scores = pd.read_csv(folder / "scores.csv", sep=";")["score"].to_numpy()
    return scores, trained["provenance"]["findings"]


def main():
    binary, data, policies = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    print("| file | method | ROC AUC | log-loss |\n|---|---|---|---|")
    warned = []
    for name, policy in FILES:
        frame = pd.read_csv(data / name, sep=";")
        cut = int(0.7 * len(frame))
        train, test = frame[:cut], frame[cut:]
        won = (test.y == "yes").to_numpy()
        with tempfile.TemporaryDirectory() as folder:
            ours, found = probant(binary, policies / policy, train, test, Path(folder))
        for method, p in (("probant, as shipped", ours), ("scikit-learn, one-hot logistic", pipeline(train, test))):
            print(f"| {name} | {method} | {roc_auc_score(won, p):.3f} | {log_loss(won, np.clip(p, 1e-6, 1 - 1e-6)):.3f} |")
        warned.append((name, found))
    for name, found in warned:
        print(f"\nWarned of on `{name}` (first 70 %): promotable {str(found['promotable']).lower()};")
        for warning in found["warnings"]:
            print(f"- {json.dumps(warning)}")


if __name__ == "__main__":
    main()
