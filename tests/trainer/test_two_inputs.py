"""A network of two inputs, one of them integers, from data to evaluation."""

import numpy as np
import pytest

from tests.helpers.runs import composed
from tests.helpers.training import assert_same_run, train
from trainer import load
from trainer.commands.evaluate import evaluate
from trainer.commands.gradcheck import gradcheck
from trainer.engine.setup import Setup
from trainer.export import ExportError, export
from trainer.models import GraphError, Layer
from trainer.training.blame import blame

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
    with pytest.raises(ValueError, match="the network has the inputs values, chosen; give a mapping with"):
        network.predict(np.zeros((1, 3), np.float32))


def test_it_is_the_same_every_time(tmp_path):
    for name in ("one", "other"):
        train(config("parallel.workers=1", "epochs=2"), tmp_path / name)
    assert_same_run(tmp_path / "one", tmp_path / "other")


def test_what_takes_one_input_says_so(tmp_path):
    """In one line, as everything that cannot be done."""
    train(config("parallel.workers=1", "epochs=1"), tmp_path / "run")
    network = load(tmp_path / "run", allow=["tests"])
    with pytest.raises(GraphError, match="the network has the inputs values, chosen; gradcheck takes those of one"):
        gradcheck(config(), tmp_path)
    pytest.importorskip("onnx")
    with pytest.raises(ExportError, match="onehot: OneHot has no ONNX translation"):
        export(network, tmp_path / "model.onnx")


def test_a_value_that_is_not_finite_is_found(tmp_path):
    setup = Setup(config("parallel.workers=1", "epochs=1", "validation=0.0", "batch_size=300"))
    splits = setup.splits()
    splits.train.arrays["values"][7, 1] = np.nan
    shard = setup.shard(setup.parameters(), splits)
    reason = blame(shard, "train", [np.arange(300)], "the loss is not finite", "", None)
    assert reason == "the values of train example 7 holds nan, not a finite float32; fix the data"
