"""The experiments of configs/experiment: what they claim."""

import csv
import os
from itertools import pairwise

import numpy as np
import pytest

from tests.helpers.runs import composed
from trainer import CONFIGS
from trainer.engine.setup import Setup
from trainer.models import Graph
from trainer.training import fit

WINE = CONFIGS.parent / "docs" / "examples" / "wine.csv"
NAMES = sorted(path.stem for path in (CONFIGS / "experiment").glob("*.yaml"))


def train(config, directory):
    """The result and the rows of metrics.csv, all that is written."""
    config["callbacks"] = {"metrics_csv": config["callbacks"]["metrics_csv"]}
    result = fit.train(config, directory)
    with (directory / "metrics.csv").open(newline="") as file:
        return result, list(csv.DictReader(file))


@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_composes(name):
    given = [f"data.file={WINE}", "data.target=cultivar"] if name == "table" else []
    Setup(composed(f"experiment={name}", *given))
    assert composed(f"experiment={name}", "epochs=3", *given)["epochs"] == 3


def test_a_table_says_how_much_is_dropped():
    pytest.importorskip("polars")
    given = ("experiment=table", f"data.file={WINE}", "data.target=cultivar")
    assert composed(*given)["model"]["layers"]["drop1"]["p"] == 0.5
    assert composed(*given, "data.dropout=0.2")["model"]["layers"]["drop1"]["p"] == 0.2
    assert composed(*given, "model.layers.drop1.p=0.1")["model"]["layers"]["drop1"]["p"] == 0.1


@pytest.mark.parametrize("examples", [1, 32])
def test_shallow_cnn_learns_as_in_pytorch(tmp_path, examples):
    """100 steps, each on all examples; the loss falls at every one and equals PyTorch's from the same weights."""
    sizes = [f"data.examples={examples}", f"batch_size={examples}", "parallel.workers=1"]
    config = composed("experiment=shallow_cnn", *sizes)
    _, rows = train(config, tmp_path)
    losses = [float(row["train_loss"]) for row in rows]
    assert len(losses) == 100
    assert all(later < earlier for earlier, later in pairwise(losses))
    np.testing.assert_allclose(losses, pytorch_losses(config), rtol=0, atol=1e-6)


def test_one_pass_forward_a_step(tmp_path, monkeypatch):
    """The loss that is logged is that of the step itself."""
    passes, forward = [], Graph.forward
    monkeypatch.setattr(Graph, "forward", lambda *args, **options: passes.append(1) or forward(*args, **options))
    train(
        composed("experiment=shallow_cnn", "epochs=7", "data.examples=20", "batch_size=8", "parallel.workers=1"),
        tmp_path,
    )
    assert len(passes) == 7 * 3 + 1  # three batches, the last of four examples; in the end the test


def pytorch_losses(config):
    torch = pytest.importorskip("torch")
    nn, setup = torch.nn, Setup(config)
    parameters, train = setup.parameters(), setup.splits().train
    layers = [nn.Conv2d(1, 1, 3), nn.Sigmoid(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4, 1), nn.Sigmoid()]
    module = nn.Sequential(*layers).double()
    for name, place in (("conv", 0), ("fc", 4)):
        layers[place].load_state_dict({kind: torch.tensor(parameters[f"{name}.{kind}"]) for kind in ("weight", "bias")})
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01)
    x, y = (torch.tensor(array.astype(float)) for array in (train.inputs, train.targets))
    losses = []
    for _ in range(100):
        optimizer.zero_grad()
        loss = (0.5 * (y - module(x)) ** 2).sum(1).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_two_layer_mnist_is_the_textbooks_run():
    config = composed("experiment=two_layer_mnist")
    setup = Setup(config)
    assert setup.parameters()["affine1.weight"].shape == (50, 784)
    assert np.std(setup.parameters()["affine1.weight"]) == pytest.approx(0.01, rel=0.02)
    assert (config["epochs"], config["batch_size"], config["validation"]) == (16, 100, 0)
    assert (setup.optimizer.lr, setup.optimizer.momentum, setup.optimizer.weight_decay) == (0.1, 0, 0)
    assert {setup.schedule(step, 600, 16) for step in (0, 1, 5000, 9599)} == {1.0}


@pytest.mark.process
@pytest.mark.skipif("TRAINER_DATA" not in os.environ, reason="needs the real MNIST: TRAINER_DATA=DIR")
def test_two_layer_mnist_reaches_the_textbooks_accuracy(tmp_path):
    result, rows = train(composed("experiment=two_layer_mnist", "parallel.workers=1"), tmp_path)
    assert len(rows) == 16
    assert result["test"]["accuracy"] >= 0.967
