"""The commands that are tortured: small, so that there are many trials, and each with something that could be lost."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from tests.helpers.runs import TINY
from tests.torture.scenario import Scenario

ONE, TWO = ("parallel.workers=1",), ("parallel.workers=2",)
DIGITS = (*TINY, "epochs=3", "batch_size=128")
POINTS = ("model=mlp", "model.layers.fc1.out_features=16", "model.layers.fc2.out_features=16", "batch_size=64")
AUGMENT = (
    "+data.augment.flip={_target_: datasets.RandomFlip}",
    "+data.augment.crop={_target_: datasets.RandomCrop, padding: 1}",
)


OWN_LAYER = """
from trainer.models import Layer


class Halve(Layer):
    def output_shape(self, shape):
        return shape

    def forward(self, ctx, x):
        return x / 2

    def backward(self, ctx, dy):
        return dy / 2
"""


def prepared(place: Path, at_once: int) -> list[Scenario]:
    """Return all scenarios, done once undisturbed in a folder of their own, `at_once` at a time."""
    _write_data(place)
    made = _training(place)
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(lambda each: each.prepare(place), made))
        reading = _reading(made[0].whole, place)
        list(pool.map(lambda each: each.prepare(place), reading))
    return made + reading


def _write_data(place: Path) -> None:
    """Write the arrays, the table and the pictures that the commands read."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(600, 12)).astype(np.float32)
    np.save(place / "inputs.npy", inputs)
    np.save(place / "targets.npy", (inputs[:, 0] + inputs[:, 1] * inputs[:, 2] > 0).astype(np.int64))
    rows = [f"{x[0]:.4f},{'red' if x[3] > 0 else 'blue'},{x[1]:.3f},{x[0] + (x[3] > 0):.4f}" for x in inputs]
    (place / "table.csv").write_text("\n".join(["size,colour,age,price", *rows]) + "\n")
    (place / "my own").mkdir()
    (place / "my own" / "halving.py").write_text(OWN_LAYER)
    np.save(place / "examples.npy", rng.integers(0, 256, (20, 1, 8, 8)).astype(np.uint8))


def _training(place: Path) -> list[Scenario]:
    """Return runs and sweeps, a plain run first."""
    arrays = (*POINTS, "epochs=4", "data=arrays", f"data.inputs={place}/inputs.npy")
    arrays += (f"data.targets={place}/targets.npy",)
    table = ("model=table_mlp", "data=table", f"data.file={place}/table.csv", "data.target=price", "epochs=3")
    plateau = ("schedule=plateau", "schedule.patience=0", "schedule.threshold=0.5")
    stopping = ("callbacks.early_stopping.patience=1", "callbacks.early_stopping.min_delta=0.2", "optimizer.lr=0.01")
    own = (*DIGITS, "+model.layers.own={_target_: halving.Halve}", *ONE)
    trust = ("allow=[halving]", "--config-dir", f"{place}/my own")
    return [
        Scenario("run", (*DIGITS, *ONE)),
        Scenario("two workers", (*DIGITS, *TWO)),
        Scenario("augment", (*DIGITS, *AUGMENT, *ONE)),
        Scenario("augment, two workers", (*DIGITS, *AUGMENT, *TWO)),
        Scenario("arrays", (*arrays, *ONE)),
        Scenario("arrays, two workers", (*arrays, *TWO)),
        Scenario("table", (*table, *ONE)),
        Scenario("accumulate", (*DIGITS, "accumulate=3", "callbacks.checkpoints.every_steps=2", *ONE)),
        Scenario("plateau", (*DIGITS, *plateau, "epochs=5", *ONE)),
        Scenario("early stopping", (*DIGITS, *stopping, "epochs=12", *ONE)),
        Scenario("own code", own, trust),
        Scenario("own code, sweep", ("sweep", *own, "seed=0,1"), trust),
        Scenario("sweep", ("sweep", *DIGITS, "seed=0,1", *ONE)),
        Scenario("sweep by joblib", ("sweep", *DIGITS, "seed=0,1", *ONE, "hydra/launcher=joblib",
                                     "hydra.launcher.n_jobs=2")),
        Scenario("search", ("sweep", "search=optuna", *DIGITS, *ONE, "hydra.sweeper.search.trials=4",
                            "hydra.sweeper.search.at_once=2", "hydra.sweeper.search.startup=2",
                            "optimizer.lr=tag(log, interval(1e-4, 1e-1))")),
    ]  # fmt: skip


def _reading(run: Path, place: Path) -> list[Scenario]:
    """Return commands that read a run, or make nothing but what they print."""
    network = (*TINY, "hydra.run.dir=looked")
    return [
        Scenario("evaluate", ("evaluate", str(run), "--json"), runs=False),
        Scenario("predict", ("predict", str(run), f"{place}/examples.npy", "--csv", "classes.csv", "--json"),
                 runs=False, files=("classes.csv",)),
        Scenario("export", ("export", str(run), "--to", "weights.npz", "--json"), runs=False, files=("weights.npz",)),
        Scenario("summary", ("summary", *network), runs=False),
        Scenario("gradcheck", ("gradcheck", *network), runs=False),
        Scenario("profile", ("profile", *network), runs=False, steady=False),
        Scenario("doctor", ("doctor",), runs=False, steady=False),
    ]  # fmt: skip
