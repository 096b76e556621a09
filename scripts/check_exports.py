"""Reads what `superfuse-tui report RUN --export DIR` wrote, as its readers would, and says where they differ.

    python -m venv venv && venv/bin/pip install pandas pyarrow polars tensorboard "setuptools<81"
    venv/bin/python scripts/check_exports.py DIR

Asserts: trials and epochs are equal to the bit as CSV and as Parquet, in pandas and in polars; the summary's
means are the trials' means; TensorBoard's own reader finds every epoch of every trial.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

TAGS = {
    "loss/train": "train_loss",
    "loss/validation": "val_loss",
    "accuracy/train": "train_accuracy",
    "accuracy/validation": "val_accuracy",
}


def long_forms(folder: Path) -> dict[str, pd.DataFrame]:
    """Each table, after its two formats and two readers were found equal."""
    frames = {}
    for name in ["trials", "epochs"]:
        csv = pd.read_csv(folder / f"{name}.csv", float_precision="round_trip", dtype={"message": object})
        parquet = pd.read_parquet(folder / f"{name}.parquet")
        assert list(csv.columns) == list(parquet.columns), name
        for column in csv.columns:
            a, b = csv[column], parquet[column]
            if pd.api.types.is_numeric_dtype(b):
                assert np.array_equal(a.to_numpy(float), b.to_numpy(float), equal_nan=True), (name, column)
            else:
                assert (a.fillna("") == b.fillna("")).all(), (name, column)
        again = pl.read_parquet(folder / f"{name}.parquet")
        assert again.columns == list(parquet.columns) and again.height == len(parquet), name
        assert pl.read_csv(folder / f"{name}.csv", infer_schema_length=None).height == len(parquet), name
        for column in again.columns:
            if again[column].dtype == pl.Float64:
                values = again[column].to_numpy()
                assert np.array_equal(values, parquet[column].to_numpy(float), equal_nan=True), (name, column)
        frames[name] = parquet
        print(f"{name}: {len(parquet)} rows, {len(parquet.columns)} columns, equal in both formats and readers")
    return frames


def summary(folder: Path, trials: pd.DataFrame) -> None:
    """The summary's means are those of the trials."""
    keys = ["fusion", "robust", "task", "train_size"]
    rows = pd.read_csv(folder / "summary.csv").set_index(keys)
    if "learning_rate" in trials:
        # A row of several rates has each seed's chosen one.
        trials = trials[trials.groupby(keys)["learning_rate"].transform("nunique") < 2]
    means = trials.groupby(keys)[["test_accuracy", "auc"]].mean()
    for key, row in means.iterrows():
        for ours, theirs in [("test_accuracy_mean", "test_accuracy"), ("auc_mean", "auc")]:
            a, b = rows.loc[key, ours], row[theirs]
            assert (pd.isna(a) and pd.isna(b)) or abs(a - b) < 1e-12, (key, ours, a, b)
    print(f"summary: {len(rows)} rows, {len(means)} of them with means equal to the trials'")


def tensorboard(folder: Path, epochs: pd.DataFrame) -> None:
    """TensorBoard's reader finds the epochs' numbers, as 32-bit floats."""
    trials = 0
    if "learning_rate" not in epochs:
        epochs = epochs.assign(learning_rate=np.nan)
    keys = ["fusion", "robust", "learning_rate", "task", "train_size", "seed"]
    for key, rows in epochs.groupby(keys, dropna=False):
        fusion, robust, rate, task, size, seed = key
        way = "" if robust == "none" else f"-{robust}"
        at_rate = "" if np.isnan(rate) else "-lr" + np.format_float_positional(rate, trim="-")
        place = folder / "tensorboard" / f"{fusion}{way}{at_rate}-{task}-{size}"
        if not place.exists():
            place = place.with_name(f"torchscript-{place.name}")
        events = EventAccumulator(str(place / f"seed{seed}"), size_guidance={"scalars": 0})
        events.Reload()
        for tag, column in TAGS.items():
            scalars = events.Scalars(tag)
            assert [scalar.step for scalar in scalars] == rows["epoch"].tolist(), (key, tag)
            values = np.array([scalar.value for scalar in scalars], dtype=np.float32)
            assert np.array_equal(values, rows[column].to_numpy(np.float32)), (key, tag)
        about = events.Tensors("provenance")[0].tensor_proto.string_val[0].decode()
        assert "LibTorch" in about, key
        trials += 1
    print(f"tensorboard: {trials} trials, every epoch equal")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    frames = long_forms(folder)
    summary(folder, frames["trials"])
    tensorboard(folder, frames["epochs"])
