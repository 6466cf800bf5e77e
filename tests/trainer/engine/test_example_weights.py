"""Examples that count more than others in training."""

import numpy as np
import pytest

from tests.helpers import tables
from tests.helpers.runs import composed
from tests.helpers.training import last, small_config, train
from trainer import load
from trainer.commands.evaluate import evaluate
from trainer.datasets import DataError, Dataset, Examples
from trainer.engine.setup import Setup

COUNT = 40
LAYERS = {
    "fc1": {"_target_": "models.Linear", "out_features": 5},
    "act1": {"_target_": "models.Tanh"},
}


class Weighted(Dataset):
    """Points of three classes or, for regressions, of two values.

    Args:
        weights: none, ones, or some, which are drawn, a quarter of them 0.
        bad: The weight of example 7 instead.
    """

    name = "weighted"

    def __init__(self, weights: str, num_classes: int | None, bad: str | None = None) -> None:
        super().__init__((4,), num_classes)
        self.weights, self.bad = weights, bad

    def read(self) -> tuple[Examples, Examples]:
        rng = np.random.default_rng(0)
        arrays = {"input": rng.normal(size=(COUNT, 4)).astype(np.float32)}
        weights = rng.choice([0.0, 0.5, 1.0, 3.0], COUNT) if self.weights == "some" else np.ones(COUNT)
        if self.bad is not None:
            weights[7] = float(self.bad)
        if self.weights != "none":
            arrays["weight"] = weights.astype(np.float32)
        values = rng.normal(size=(COUNT, 2)).astype(np.float32)
        examples = Examples(arrays, rng.integers(3, size=COUNT) if self.num_classes else values)
        return examples, examples


def config(*overrides, num_classes=3, **data):
    options = ("precision=float64", "validation=0.0", "batch_size=16", "allow=[tests]", *overrides)
    layers = LAYERS | {"head": {"_target_": "models.Linear", "out_features": num_classes or 2}}
    spec = {"_target_": f"{__name__}.Weighted", "num_classes": num_classes, **data}
    return small_config(*options, data=spec, model={"layers": layers})


def gradient_of_a_step(indices, *overrides, **data):
    """The gradients, the loss's sum, and all that PyTorch needs to find them too."""
    setup = Setup(config(*overrides, **data))
    splits, store = setup.splits(), setup.parameters()
    shard = setup.shard(store, splits)
    before = {name: store[name].copy() for name in store}
    tally = shard.train(indices, 0.0, 1)
    return {name: store.gradient(name).copy() for name in store}, tally.loss, before, splits.train


@pytest.mark.parametrize(
    ("overrides", "classes", "of"),
    [
        ([], 3, lambda F, z, t: F.cross_entropy(z, t, reduction="none")),
        (["loss=focal", "loss.gamma=0"], 3, lambda F, z, t: F.cross_entropy(z, t, reduction="none")),
        ([], None, lambda F, z, t: F.mse_loss(z, t, reduction="none").mean(dim=1)),
        (["loss=huber"], None, lambda F, z, t: F.huber_loss(z, t, reduction="none").mean(dim=1)),
        (["loss=expression", "loss.formula='(y - t)**4'"], None, lambda F, z, t: ((z - t) ** 4).sum(dim=1)),
    ],
    ids=["cross-entropy", "focal", "squared", "huber", "a formula"],
)
def test_gradients_equal_those_of_pytorch(overrides, classes, of):
    torch = pytest.importorskip("torch")
    indices = np.arange(5, 21)
    found, loss, before, examples = gradient_of_a_step(indices, *overrides, weights="some", num_classes=classes)
    p = {name: torch.tensor(value, requires_grad=True) for name, value in before.items()}
    x, w = (torch.tensor(examples.read_all(name)[indices], dtype=torch.float64) for name in ("input", "weight"))
    t = torch.tensor(examples.targets[indices])
    z = torch.tanh(x @ p["fc1.weight"].T + p["fc1.bias"]) @ p["head.weight"].T + p["head.bias"]
    each = of(torch.nn.functional, z, t if classes else t.double())
    ((w * each).sum() / len(indices)).backward()
    for name, gradient in found.items():
        np.testing.assert_allclose(gradient, p[name].grad.numpy(), rtol=1e-6, atol=1e-12)
    assert loss == pytest.approx(each.sum().item(), rel=1e-6)  # figures are not weighted


def test_weights_of_one_change_no_bit():
    ones, none = (gradient_of_a_step(np.arange(16), weights=weights)[0] for weights in ("ones", "none"))
    for name, gradient in ones.items():
        assert gradient.tobytes() == none[name].tobytes()


@pytest.mark.parametrize(("workers", "accumulate"), [(2, 2), (3, 1)])
@pytest.mark.process
def test_many_workers_equal_one(tmp_path, workers, accumulate):
    found = []
    for number in (1, workers):
        options = (f"parallel.workers={number}", "epochs=2", f"accumulate={accumulate}")
        train(config(*options, weights="some"), tmp_path / str(number))
        found.append(last(tmp_path / str(number)).tensors)
    for name, array in found[0].items():
        np.testing.assert_allclose(found[1][name], array, rtol=0, atol=1e-10)


@pytest.mark.parametrize("bad", ["-1", "nan", "inf"])
def test_weights_that_are_none_are_refused(bad):
    with pytest.raises(DataError, match=r"the weight of training example 7 is .*; give finite weights of at least 0"):
        Setup(config(weights="ones", bad=bad)).splits()


TABLE = (*tables.TABLE, "data.target=price", "data.weight=trust", "validation=0.1")


def file(path, trust):
    rows = tables.without(tables.houses(60), "dear")
    return f"data.file={tables.write(path, [row | {'trust': of} for row, of in zip(rows, trust, strict=True)])}"


def test_a_column_of_a_table_gives_the_weights(tmp_path):
    trust = [f"{number / 10:g}" for number in range(60)]
    config = composed(*TABLE, file(tmp_path / "houses.csv", trust))
    assert all("trust" not in str(feature) for feature in config["data"]["features"])
    splits = Setup(config).splits()
    found = np.concatenate([part.read_all("weight") for part in (splits.train, splits.validation, splits.test)])
    np.testing.assert_allclose(np.sort(found), np.arange(60) / 10, rtol=1e-6)
    train(config | {"epochs": 1}, tmp_path / "run")
    assert evaluate(load(tmp_path / "run"))["examples"] == 12


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ("", "column trust, row 8: the weight is missing; give one of at least 0"),
        ("-1", "column trust, row 8: the weight is negative; give one of at least 0"),
        ("much", "column trust, row 8: 'much' cannot be used as a number"),
    ],
)
def test_weights_of_a_table_that_are_none_are_refused(tmp_path, weight, message):
    with pytest.raises(DataError, match=message):
        composed(*TABLE, file(tmp_path / "houses.csv", ["1"] * 7 + [weight] + ["2"] * 52))


def test_a_column_of_weights_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match=r"data.weight: the table has no column 'trusty'; it has area, "):
        composed(*TABLE, file(tmp_path / "houses.csv", ["1"] * 60), "data.weight=trusty")
