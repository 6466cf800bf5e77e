"""A network of two inputs, one of them integers, from data to evaluation."""

import numpy as np
import pytest

from tests.helpers.runs import composed
from tests.helpers.training import assert_same_run, train
from trainer import load
from trainer.commands.evaluate import evaluate
from trainer.models import Layer

LAYERS = {
    "onehot": {"_target_": f"{__name__}.OneHot", "inputs": ["chosen"], "numbers": 3},
    "picked": {"_target_": "models.Multiply", "inputs": ["values", "onehot"]},
    "fc1": {"_target_": "models.Linear", "out_features": 8},
    "act1": {"_target_": "models.ReLU"},
    "head": {"_target_": "models.Linear", "out_features": 2},
}


class OneHot(Layer):
    """(numbers,) with a one where an integer () says."""

    def __init__(self, numbers: int) -> None:
        self.numbers = numbers

    def output_shape(self, shape):
        return (self.numbers, *shape)

    def forward(self, ctx, x):
        assert x.dtype == np.int64
        return np.equal(np.arange(self.numbers)[:, None], x, out=ctx.buffer("y", ctx.output_shape))

    def backward(self, ctx, dy):
        assert not ctx.needs_input_gradient


def config(*overrides):
    options = ("epochs=12", "batch_size=32", "schedule=constant", "optimizer.lr=0.02", "allow=[tests]", *overrides)
    return composed(*options, "callbacks.curves=null") | {
        "model": {"layers": LAYERS},
        "data": {"_target_": "tests.helpers.two_inputs.Chosen"},
    }


@pytest.mark.process
@pytest.mark.parametrize("workers", [1, 2])
def test_it_learns(tmp_path, workers):
    result = train(config(f"parallel.workers={workers}"), tmp_path / "run")
    assert result["test"]["accuracy"] > 0.95
    assert "chosen" in (tmp_path / "run/model.txt").read_text()
    network = load(tmp_path / "run", allow=["tests"])
    assert evaluate(network)["accuracy"] == result["test"]["accuracy"]
    with pytest.raises(ValueError, match="the network has the inputs values, chosen; predict takes those of one"):
        network.predict(np.zeros((1, 3), np.float32))


def test_it_is_the_same_every_time(tmp_path):
    for name in ("one", "other"):
        train(config("parallel.workers=1", "epochs=2"), tmp_path / name)
    assert_same_run(tmp_path / "one", tmp_path / "other")
