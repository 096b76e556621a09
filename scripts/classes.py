"""Concatenation on a task of several classes against scikit-learn's multi-layer perceptron, on the same rows.

    PYTHON scripts/classes.py PROGRAM DATA TEXT IMAGE LABEL [--seeds N] [--epochs N] [--split COLUMN]

DATA is a .npz, or a folder of .npy with one .csv of labels; TEXT, IMAGE and LABEL are names in it. The rows are split here,
stratified, unless COLUMN has the split; the program reads them from a file that says which row is in which split, so both sides train
and test on the same ones, each at its epoch of the highest validation accuracy. PYTHON needs numpy and scikit-learn. Exit status 1 where the mean test accuracies differ by more than .02.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

HELD_OUT, TOLERANCE = 0.15, 0.02


def arrays(data, names, split):
    """Text and image `[rows, width]`, labels `[rows]`, and the split of every row: 0 train, 1 validation, 2 test."""
    text, image, label = names
    if data.is_dir():
        matrices = [np.load(data / f"{name}.npy").astype(np.float32) for name in (text, image)]
        with open(next(data.glob("*.csv")), encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        labels = np.array([row[label] for row in rows])
        given = np.array([row[split] for row in rows]) if split else None
    else:
        archive = np.load(data)
        matrices = [archive[name].astype(np.float32) for name in (text, image)]
        labels = archive[label]
        given = archive[split] if split else None
    rows = np.arange(len(labels))
    if given is None:
        rest, test = train_test_split(rows, test_size=HELD_OUT, stratify=labels, random_state=0)
    else:
        rest, test = rows[given == "train"], rows[given == "test"]
    share = HELD_OUT * len(labels) / len(rest) if given is None else HELD_OUT
    train, validation = train_test_split(rest, test_size=share, stratify=labels[rest], random_state=0)
    part = np.zeros(len(labels), dtype=np.int64)
    part[validation], part[test] = 1, 2
    assert len(train) + len(validation) + len(test) == len(labels)
    return *matrices, labels, part


def ours(program, folder, arguments):
    """The summary's row of concat, and the confusion matrix summed over seeds."""
    sets = [
        f"data.source={folder / 'set.npz'}", "data.split=split", "sweep.fusions=[\"concat\"]", "sweep.baselines=[]",
        "sweep.tasks=[\"real\"]", "sweep.sizes=[\"all\"]", f"sweep.seeds={arguments.seeds}",
        f"train.epochs={arguments.epochs}", "noise.levels=[0.0, 0.9]", "checkpoints.keep=none", "run.device=cpu",
    ]
    command = [program, "run", "--plain", "--run-dir", str(folder / "run")]
    command += [part for one in sets for part in ("--set", one)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)
    with open(folder / "run" / "summary.csv", encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    confusion = None
    for line in open(folder / "run" / "events.jsonl", encoding="utf-8"):
        event = json.loads(line)
        if event["event"] == "run_started":
            names = event["header"]["data"]["tasks"][0]["classes"]
            confusion = np.zeros((len(names), len(names)), dtype=int)
        for seed in event.get("evaluations", []):
            for truth, predicted, rows in seed["confusion"]:
                confusion[truth, predicted] += rows
    return row, names, confusion


def theirs(text, image, labels, part, seeds, epochs):
    """Accuracy, macro F1 and macro AUC of each seed at its best epoch, and the confusion matrix summed over seeds."""
    factor = [np.sqrt(np.mean(rows[part == 0].astype(np.float64) ** 2)) for rows in (text, image)]
    rows = np.hstack([text / factor[0], image / factor[1]])
    classes = np.unique(labels)
    (train, validation, test), scores, confusion = (part == number for number in range(3)), [], 0
    for seed in range(seeds):
        # A state and not a number: each epoch would be shuffled alike.
        state = np.random.RandomState(seed)
        model, best = MLPClassifier((32,), batch_size=min(256, train.sum()), alpha=0.0, random_state=state), -1.0
        for _ in range(epochs):
            model.partial_fit(rows[train], labels[train], classes=classes)
            accuracy = model.score(rows[validation], labels[validation])
            if accuracy > best:
                best, shares = accuracy, model.predict_proba(rows[test])
        predicted = classes[shares.argmax(axis=1)]
        area = roc_auc_score(labels[test], shares, multi_class="ovr", average="macro")
        scores.append([np.mean(predicted == labels[test]), f1_score(labels[test], predicted, average="macro"), area])
        confusion = confusion + confusion_matrix(labels[test], predicted, labels=classes)
    return np.mean(scores, axis=0), [str(name) for name in classes], confusion


def largest(names, confusion):
    share = confusion / confusion.sum(axis=1, keepdims=True)
    np.fill_diagonal(share, 0.0)
    places = np.dstack(np.unravel_index(np.argsort(-share, axis=None)[:4], share.shape))[0]
    return ", ".join(f"{names[a]} for {names[b]} {100 * share[a, b]:.0f} %" for a, b in places)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("data", type=Path)
    parser.add_argument("names", nargs=3, metavar=("TEXT", "IMAGE", "LABEL"))
    parser.add_argument("--split")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=100)
    arguments = parser.parse_args()
    text, image, labels, part = arrays(arguments.data, arguments.names, arguments.split)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        np.savez(folder / "set.npz", text=text, image=image, label=labels, split=part)
        row, names, confusion = ours(str(Path(arguments.program).resolve()), folder, arguments)
    accuracy, f1, area = (float(row[key]) for key in ("test_accuracy_mean", "macro_f1_mean", "auc_mean"))
    other, their_names, their_confusion = theirs(text, image, labels, part, arguments.seeds, arguments.epochs)
    assert int(confusion.sum()) == arguments.seeds * int((part == 2).sum()), "the matrix has every row of every seed"
    assert abs(np.trace(confusion) / confusion.sum() - accuracy) < 1e-9, "its diagonal is the accuracy"
    print(f"{arguments.data.name}: {row['classes']} classes, {(part == 0).sum()} training rows, {(part == 2).sum()} test rows")
    print(f"{'':<14}accuracy  macro F1  macro AUC")
    print(f"{'concat':<14}{accuracy:8.3f}  {f1:8.3f}  {area:9.3f}   {largest(names, confusion)}")
    print(f"{'MLPClassifier':<14}{other[0]:8.3f}  {other[1]:8.3f}  {other[2]:9.3f}   {largest(their_names, their_confusion)}")
    difference = accuracy - other[0]
    print(f"{'difference':<14}{difference:+8.3f}")
    return int(abs(difference) > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
