"""Networks as data for the page."""

import inspect

import pytest

from tests.helpers.runs import composed
from trainer import models
from trainer.engine.setup import Setup
from trainer.ground.errors import ExportError
from trainer.models import GraphBuilder
from trainer.pages.page import asset
from trainer.pages.show.contents import ENGINE
from trainer.pages.show.layers import OPTIONS, described


class Own(models.ReLU):
    """A layer that the page does not know."""


def test_every_shipped_layer_has_its_javascript():
    known = {*OPTIONS, models.Expression}
    shipped = {each for name in models.layers.__all__ if inspect.isclass(each := getattr(models, name))}
    layers = {each for each in shipped if issubclass(each, models.Layer) and not inspect.isabstract(each)}
    assert layers == known
    code = "".join(asset(f"show/{name}.js") for name in ENGINE)
    for layer in known:
        assert f"LAYERS.{layer.__name__} = " in code or f"\n  {layer.__name__}: {{" in code, layer


def test_the_layers_of_a_fused_network_are_those_declared():
    setup = Setup(composed("model=lenet5"))
    found = described(setup.network)
    assert found == described(setup.graph)
    assert [node["kind"] for node in found["nodes"]][:4] == ["Conv2d", "BatchNorm", "Tanh", "MaxPool2d"]
    conv = found["nodes"][0]
    assert (conv["inputs"], conv["shape"], conv["options"]["padding"]) == (("input",), (6, 28, 28), (2, 2))
    assert conv["parameters"] == {"weight": "conv1.weight"}


def test_an_unknown_layer_is_named():
    builder = GraphBuilder({"input": (3,)})
    builder.add("mine", Own(), ["input"])
    told = (
        r"^mine: the page cannot compute your own layer, Own; write it as a formula, models.Expression, or follow "
        r"an example with trainer explain RUN --example 0 --allow tests$"
    )
    with pytest.raises(ExportError, match=told):
        described(builder.finish())
