"""Users' tables: `experiment=table` against scikit-learn's MLP and its gradient boosting.

    python -m benchmarks.own_data [FOLDER] [--seeds 3] [--only NAME ...] [--settings KEY=VALUE ...]

FOLDER holds titanic.csv, adult.csv and diamonds.csv, each where it is at hand (target survived, income, price); wine,
breast cancer and diabetes are scikit-learn's own, written as CSV. All learn from the same rows and are tested on the
same others: those of the table's own split. scikit-learn gets the same columns, encoded in the same way, categories
one-hot; its own settings are its defaults, with 500 epochs for the MLP. Of ours a tenth of these rows is for
validation.
"""

import argparse
import csv
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from sklearn import datasets as toys
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks.tables import number, table
from trainer import configure, train
from trainer.datasets import INPUT, TARGET, Splits, Table
from trainer.ground.streams import stream

TARGETS = {"wine": "target", "breast_cancer": "target", "diabetes": "target",
           "titanic": "survived", "adult": "income", "diamonds": "price"}  # fmt: skip
HEADER = ("table", "rows", "figure", "constant", "ours", "MLP", "boosting", "s ours", "s MLP")


def main() -> None:
    """Train, print, and save nothing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.own_data", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", help="of further tables")
    parser.add_argument("--seeds", type=int, default=3, help="runs, of which mean and deviation count (default 3)")
    parser.add_argument("--only", nargs="+", default=[*TARGETS], help="names of tables")
    parser.add_argument("--settings", nargs="+", default=[], help="options of our runs")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # of fits that have not converged
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        for name in options.only:
            if file := find(name, options.folder, Path(directory)):
                rows.append(compare(name, file, options))
                print(" ".join(map(str, rows[-1])), flush=True)
    print("\n" + table(HEADER, rows))


def find(name: str, folder: Path | None, directory: Path) -> Path | None:
    """Return the file of a table; scikit-learn's are written into `directory`."""
    if hasattr(toys, f"load_{name}"):
        toy = getattr(toys, f"load_{name}")(**({"scaled": False} if name == "diabetes" else {}))
        with (directory / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([*toy.feature_names, "target"])
            writer.writerows([*x, t] for x, t in zip(toy.data.tolist(), toy.target.tolist(), strict=True))
        return directory / f"{name}.csv"
    file = folder / f"{name}.csv" if folder else None
    return file if file and file.is_file() else None


def compare(name: str, file: Path, options: argparse.Namespace) -> tuple[Any, ...]:
    """Return the row of a table: mean ± deviation over the seeds of each contestant."""
    found: dict[str, list[float]] = {"ours": [], "MLP": [], "boosting": [], "s ours": [], "s MLP": []}
    for seed in range(options.seeds):
        overrides = ("experiment=table", f"data.file={file}", f"data.target={TARGETS[name]}", f"seed={seed}")
        began = perf_counter()
        with tempfile.TemporaryDirectory() as directory:
            run = train(configure(*overrides, *options.settings), Path(directory) / "run", quiet=True)
        found["s ours"].append(perf_counter() - began)
        dataset: Any = run.network.dataset
        splits = dataset.load(0.1, stream(seed, "split"))
        metric = "accuracy" if dataset.num_classes else "r2"
        found["ours"].append(run.figures["test"][metric])
        began = perf_counter()
        found["MLP"].append(score(mlp(dataset, seed), splits, one_hot=True))
        found["s MLP"].append(perf_counter() - began)
        found["boosting"].append(score(boosting(dataset, seed), splits, one_hot=False))
    constant = number(run.figures["baseline"][metric], 3)
    figures = (f"{np.mean(found[who]):.3f} ± {np.std(found[who]):.3f}" for who in ("ours", "MLP", "boosting"))
    seconds = (number(float(np.mean(found[who])), 1) for who in ("s ours", "s MLP"))
    return (name, sum(map(len, vars(splits).values())), metric, constant, *figures, *seconds)


def mlp(dataset: Table, seed: int) -> Any:
    """Return scikit-learn's MLP."""
    kind = MLPClassifier if dataset.num_classes else MLPRegressor
    return kind(max_iter=500, random_state=seed)


def boosting(dataset: Table, seed: int) -> Any:
    """Return scikit-learn's gradient boosting, which is told which columns are places of categories."""
    kind = HistGradientBoostingClassifier if dataset.num_classes else HistGradientBoostingRegressor
    numbers, places = (int(np.prod(field.shape)) for field in dataset.inputs.values())
    return kind(random_state=seed, categorical_features=[False] * numbers + [True] * places)


def score(model: Any, splits: Splits, one_hot: bool) -> float:
    """Return accuracy, or R², on the test rows of a model that has learned from all others."""
    parts = (splits.train, splits.validation)
    x = np.concatenate([_inputs(part, splits, one_hot) for part in parts])
    t = np.concatenate([part.read_all(TARGET) for part in parts])
    return float(model.fit(x, np.squeeze(t)).score(_inputs(splits.test, splits, one_hot), splits.test.targets))


def _inputs(part: Any, splits: Splits, one_hot: bool) -> np.ndarray:
    places = part.read_all("categories")
    if one_hot:
        levels = splits.train.read_all("categories").max(axis=0, initial=0) + 1
        hot: Sequence[np.ndarray] = [
            np.eye(level + 1)[np.minimum(column, level)] for level, column in zip(levels, places.T, strict=True)
        ]
        return np.concatenate([part.read_all(INPUT), *hot], axis=1)
    return np.concatenate([part.read_all(INPUT), places], axis=1)


if __name__ == "__main__":
    main()
