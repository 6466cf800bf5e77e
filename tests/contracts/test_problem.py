"""A user-defined problem and loss: classes that have an order, such as one to five stars.

The network gives K − 1 numbers, of which the k-th is the logit of "above class k" (McCullagh 1980).
"""

from typing import ClassVar

import numpy as np
import pytest

from tests.helpers.runs import composed
from tests.helpers.training import train
from trainer.commands.gradcheck import check_gradients
from trainer.datasets import DataError, Dataset, Examples
from trainer.engine.setup import Setup
from trainer.models import GraphError
from trainer.models.losses import Loss
from trainer.problems import LOSS, Metric, Problem, mean

PACKAGE = __name__.partition(".")[0]


class OrdinalLoss(Loss):
    """The cross-entropies of all "above class k", added up."""

    def check(self, output, num_classes):
        if num_classes is None or output != (num_classes - 1,):
            raise GraphError(f"{num_classes} classes in order need one output fewer", "change out_features")

    def forward(self, ctx, outputs, targets):
        ctx.inputs = (outputs,)
        above = np.arange(len(outputs))[:, None] < targets
        errors = ctx.buffer("errors", outputs.shape)  # σ(y) − above, for backward
        errors[...] = 1 / (1 + np.exp(-outputs)) - above
        return float((np.logaddexp(0, outputs) - above * outputs).sum(dtype=np.float64))

    def backward(self, ctx):
        (outputs,) = ctx.inputs
        errors = ctx.buffer("errors", outputs.shape)
        return np.divide(errors, ctx.step.batch, out=ctx.buffer("dy", errors.shape))


class Ordinal(Problem):
    """Classes in order; that network is best which is off by the fewest classes."""

    metrics: ClassVar = {
        "loss": LOSS,
        "off": Metric("classes off", mean("off"), higher_is_better=False),
        "accuracy": Metric("accuracy", mean("right"), higher_is_better=True),
    }
    headline = "off"
    loss = f"{__name__}.OrdinalLoss"
    target_shape = ()
    target_dtype = np.int64

    def check_targets(self, targets):
        super().check_targets(targets)
        if not ((targets >= 0) & (targets < self.num_classes)).all():
            raise DataError(f"some targets are outside 0..{self.num_classes - 1}; set data.num_classes")

    def measures(self, outputs, targets):
        off = np.abs((outputs > 0).sum(axis=0) - targets)
        return {"off": int(off.sum()), "right": int(np.count_nonzero(off == 0))}

    def probabilities(self, outputs):
        above = 1 / (1 + np.exp(-outputs))
        count = len(outputs), 1
        return -np.diff(np.hstack([np.ones(count), above, np.zeros(count)]), axis=1)

    def predictions(self, outputs):
        return (outputs > 0).sum(axis=1)

    def random_targets(self, rng, count):
        return rng.integers(self.num_classes, size=count)


class Stars(Dataset):
    """How far to the right a point lies, in five classes."""

    name = "stars"
    class_names = ("one", "two", "three", "four", "five")
    problem = f"{__name__}.Ordinal"

    def __init__(self, num_classes: int = 5) -> None:
        super().__init__((4,), num_classes)

    def read(self):
        return self._draw(0), self._draw(1)

    def _draw(self, part):
        inputs = np.random.default_rng(part).normal(size=(300, 4)).astype(np.float32)
        return Examples(inputs, np.digitize(inputs[:, 0], [-1.0, -0.3, 0.3, 1.0]).astype(np.int64))


def config(num_classes=5, outputs=4):
    options = ("epochs=30", "optimizer.lr=0.05", "parallel.workers=1", "callbacks.curves=null")
    given = composed(*options, f"allow=[{PACKAGE}]")
    layers = {
        "fc1": {"_target_": "models.Linear", "out_features": 16},
        "act1": {"_target_": "models.Tanh"},
        "head": {"_target_": "models.Linear", "out_features": outputs},
    }
    data = {"_target_": f"{__name__}.Stars", "num_classes": num_classes}
    return given | {"data": data, "model": {"layers": layers}}


def test_it_trains(tmp_path):
    result = train(config(), tmp_path / "run")
    assert result["test"]["off"] < 0.1
    assert result["best"]["val_off"] == min(
        float(line.split(",")[5]) for line in (tmp_path / "run/metrics.csv").read_text().splitlines()[1:]
    )


def test_the_columns_are_the_metrics(tmp_path):
    train(config() | {"epochs": 1}, tmp_path / "run")
    header = (tmp_path / "run/metrics.csv").read_text().splitlines()[0].split(",")
    assert header[1:7] == ["train_loss", "train_off", "train_accuracy", "val_loss", "val_off", "val_accuracy"]


@pytest.mark.slow
def test_the_gradients_are_right():
    setup = Setup(config() | {"precision": "float64"})
    checks, faults = check_gradients(setup.graph, setup.loss, setup.parameters(), setup.problem)
    assert all(check.passed for check in checks), checks
    assert not faults


def test_probabilities_are_those_of_the_classes():
    problem = Setup(config()).problem
    outputs = np.array([[9.0, 9.0, -9.0, -9.0], [-9.0, -9.0, -9.0, -9.0]])
    probabilities = problem.probabilities(outputs)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert [*probabilities.argmax(axis=1)] == [*problem.predictions(outputs)] == [2, 0]


def test_what_does_not_fit_is_refused():
    with pytest.raises(GraphError, match="5 classes in order need one output fewer"):
        Setup(config(outputs=5))
    with pytest.raises(DataError, match=r"outside 0\.\.3"):
        Setup(config(num_classes=4, outputs=3)).splits()
