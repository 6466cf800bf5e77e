"""Objects as declarations, and back."""

import inspect
from pathlib import Path

import numpy as np
import pytest

from trainer import models
from trainer.api.declaration import declared as declared_with
from trainer.ground.errors import ConfigError
from trainer.ground.targets import instantiate
from trainer.models import Composite, Layer, initializers, losses
from trainer.models.initializers import Initializer
from trainer.training import optimizers, schedules

NEEDED = {"out_channels": 3, "kernel_size": 2, "out_features": 4, "times": 2, "formula": "x * 2", "num_embeddings": 3}
NEEDED |= {"embedding_dim": 2, "levels": (3, 4)}
NEEDED |= {"layers": {}, "body": {}}


def declared(value, key):
    return declared_with(value, key, set())


class Own(Layer):
    def __init__(self, width: int, names: tuple[str, ...] = ("a",)) -> None:
        self.width, self.names = width, names

    def output_shape(self, *inputs):
        return inputs[0]

    def forward(self, ctx, x):
        return x

    def backward(self, ctx, dy):
        return dy


class Forgetful(Own):
    def __init__(self, size: int = 1) -> None:
        super().__init__(size)


def concrete(*places, base):
    found = (kind for place in places for kind in vars(place).values() if isinstance(kind, type))
    return sorted({k for k in found if issubclass(k, base) and not inspect.isabstract(k)}, key=lambda k: k.__name__)


KINDS = concrete(models, initializers, losses, base=(Layer, Composite, Initializer, losses.Loss))
KINDS += concrete(optimizers, schedules, base=(optimizers.Optimizer, schedules.Schedule))


def without_objects(thing):
    """What is said of an object, in a form that can be compared."""
    plain = (str, int, float, bool, tuple, dict, type(None))
    return type(thing), {name: value for name, value in vars(thing).items() if isinstance(value, plain)}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_class_of_ours_comes_back(kind):
    parameters = inspect.signature(kind).parameters.values()
    given = {p.name: NEEDED[p.name] for p in parameters if p.default is p.empty and p.name in NEEDED}
    if kind is losses.ExpressionLoss:
        given = {"formula": "(y - t)**2"}
    thing = kind(**given)
    spec = declared(thing, "x")
    assert without_objects(instantiate(spec, object, "x")) == without_objects(thing)
    assert spec["_target_"].startswith(("models.", "trainer."))


def test_options_that_are_not_the_defaults_come_back():
    layer = models.Conv2d(6, 5, stride=2, padding=(1, 2), bias=False, initializer=initializers.Constant(0.5))
    assert declared(layer, "x") == {
        "_target_": "models.Conv2d",
        "out_channels": 6,
        "kernel_size": [5, 5],
        "stride": [2, 2],
        "padding": [1, 2],
        "dilation": [1, 1],
        "bias": False,
        "initializer": {"_target_": "models.initializers.Constant", "value": 0.5},
    }
    formula = models.Expression("x * sigmoid(b * x + c)", {"b": 1.5}, {"c": 0.5})
    again = instantiate(declared(formula, "x"), Layer, "x")
    assert (again.formula.text, again.scalars, again.channels) == (formula.formula.text, {"b": 1.5}, {"c": 0.5})


def test_groups_hold_objects_and_mappings():
    block = models.Residual({"fc": models.Linear(3), "act": {"_target_": models.ReLU}})
    assert declared(block, "x") == {
        "_target_": "models.Residual",
        "body": {"fc": {"_target_": "models.Linear", "out_features": 3}, "act": {"_target_": "models.ReLU"}},
    }


def test_plain_values():
    value = {"a": (1, 2.5), "b": [None, True], 3: Path("x"), "n": np.float64(0.5)}
    assert declared(value, "x") == {"a": [1, 2.5], "b": [None, True], "3": "x", "n": 0.5}


def test_a_class_of_ones_own():
    trusted = set()
    spec = declared_with({"a": Own(4), "b": [models.ReLU()], "c": {"_target_": "other.Layer"}}, "x", trusted)
    assert spec["a"] == {"_target_": f"{__name__}.Own", "width": 4}
    assert trusted == {__name__.partition(".")[0]}


def local():
    class Inside(Own):
        pass

    return Inside(1)


@pytest.mark.parametrize(
    ("thing", "problem"),
    [
        (Forgetful(), "Forgetful keeps no attribute size, so its option is not known; keep it, or declare"),
        (local(), "inside something else, where it cannot be found by name; define it at the top"),
        (np.ones(3), "is neither a plain value nor an object of a class"),
        ({1, 2}, "is neither a plain value nor an object of a class"),
        (models.ReLU, "is neither a plain value nor an object of a class"),
        (print, "is neither a plain value nor an object of a class"),
    ],
)
def test_what_cannot_be_declared(thing, problem):
    with pytest.raises(ConfigError, match=problem) as caught:
        declared({"a": thing}, "model.layers")
    assert caught.value.key == "model.layers.a"
