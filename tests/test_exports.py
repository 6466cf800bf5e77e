"""A package exports every class of its files, so that configurations, editors and type checkers find it."""

from importlib import import_module
from pkgutil import iter_modules

import pytest

from trainer import datasets, models
from trainer.models.builder import Composite
from trainer.training import optimizers, schedules


@pytest.mark.parametrize(
    ("package", "kinds"),
    [
        (models.layers, (models.Layer, Composite)),
        (models.losses, (models.losses.Loss,)),
        (optimizers, (optimizers.Optimizer,)),
        (schedules, (schedules.Schedule,)),
        (datasets.transforms, (datasets.Transform, datasets.Augmentation)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_every_class_is_exported(package, kinds):
    defined = {
        name: value
        for module in iter_modules(package.__path__, f"{package.__name__}.")
        for name, value in vars(import_module(module.name)).items()
        if isinstance(value, type) and issubclass(value, kinds)
        if value.__module__ == module.name and not name.startswith("_")
    }
    assert defined
    forgotten = [f"{value.__module__}.{name}" for name, value in defined.items() if name not in package.__all__]
    assert not forgotten, f"list these in {package.__name__}.__all__"
    assert all(getattr(package, name) is value for name, value in defined.items())


def test_every_layer_is_a_name_of_models():
    assert set(models.layers.__all__) <= set(models.__all__)
    assert all(getattr(models, name) is getattr(models.layers, name) for name in models.layers.__all__)
