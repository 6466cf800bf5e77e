"""A network in few boxes."""

import math

import pytest

from trainer.models import (
    AvgPool2d,
    BatchNorm,
    Concatenate,
    Conv2d,
    Dropout,
    Flatten,
    Input,
    Linear,
    MaxPool2d,
    ReLU,
    Repeat,
    Residual,
    build,
)  # fmt: skip
from trainer.models.builder import GraphBuilder
from trainer.views.folding import describe, folded


def residual():
    body = {"conv": Conv2d(2, 3, padding=1, bias=False), "norm": BatchNorm()}
    return Residual(body)


def kinds(network):
    return [unit.kind for unit in network.units]


def test_what_only_follows_a_layer_is_in_its_box():
    stack = {"conv": Conv2d(2, 3), "norm": BatchNorm(), "act": ReLU(), "pool": MaxPool2d(2), "flat": Flatten(),
             "drop": Dropout(0.2), "head": Linear(10)}  # fmt: skip
    network = folded(build(stack, (1, 8, 8)))
    assert [unit.names for unit in network.units] == [["input"], [*stack][:-1], ["head"]]
    assert network.units[1].layers == ["Conv2d 3×3", "BatchNorm", "ReLU", "MaxPool2d 2×2", "Flatten", "Dropout 0.2"]
    assert (network.units[1].shape, network.units[1].parameters) == ((18,), 20 + 4)
    assert network.edges == [(0, 1), (1, 2)]


def test_by_shape_every_layer_that_changes_it_begins_a_box():
    stack = {"conv": Conv2d(2, 3), "act": ReLU(), "pool": MaxPool2d(2), "drop": Dropout(0.2), "flat": Flatten()}
    network = folded(build(stack, (1, 8, 8)), by_shape=True)
    assert [unit.names for unit in network.units] == [["input"], ["conv", "act"], ["pool", "drop"], ["flat"]]
    assert [unit.shape for unit in network.units] == [(1, 8, 8), (2, 6, 6), (2, 3, 3), (18,)]


def joined(categories: int):
    """A network of two inputs and two outputs."""
    builder = GraphBuilder({"input": Input((3,)), "categories": Input((categories,))})
    builder.add("joined", Concatenate(), ["input", "categories"])
    builder.add("fc", Linear(8), ["joined"])
    builder.add("head", Linear(3), ["fc"])
    builder.add("side", Linear(2), ["fc"])
    return folded(builder.finish("model", ["head", "side"]))


def test_several_inputs_or_outputs_are_one_block_without_a_name():
    blocks = joined(categories=2).blocks
    assert [(block.units, block.name) for block in blocks] == [((0, 1, 2), ""), ((3,), "fc"), ((4, 5, 6), "")]


def test_an_input_without_elements_is_left_out():
    network = joined(categories=0)
    assert kinds(network)[:3] == ["input", "plain", "learned"]


def test_blocks_that_repeat_are_drawn_once():
    stack = {"stem": Conv2d(2, 3, padding=1), "a": residual(), "b": residual(), "c": residual(), "head": Flatten()}
    network = folded(build(stack, (1, 8, 8)))
    assert kinds(network) == ["input", "learned", "fork", "learned", "join", "shape"]
    assert [(block.times, block.name) for block in network.blocks] == [
        (1, "input"), (1, "stem"), (3, "a – c"), (1, "head"),
    ]  # fmt: skip
    assert network.edges == [(0, 1), (1, 2), (2, 3), (3, 4), (2, 4), (4, 5)]


def test_a_block_that_differs_is_not_folded():
    stack = {"stem": Conv2d(2, 3, padding=1), "a": residual(), "b": Residual({"conv": Conv2d(2, 1)}), "c": residual()}
    network = folded(build(stack, (1, 8, 8)))
    assert [block.times for block in network.blocks] == [1, 1, 1, 1, 1]


def test_layers_in_a_row_fold_too():
    body = {"fc": Linear(8), "act": ReLU()}
    network = folded(build({"first": Linear(8), "hidden": Repeat(4, body), "head": Linear(3)}, (8,)))
    assert [(block.times, block.name) for block in network.blocks if block.times > 1] == [(4, "hidden.0 – hidden.3")]


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (Conv2d(2, 5), "Conv2d 5×5"),
        (Conv2d(2, 3, stride=2), "Conv2d 3×3 /2"),
        (MaxPool2d(2), "MaxPool2d 2×2"),
        (AvgPool2d(3, stride=2), "AvgPool2d 3×3 /2"),
        (Dropout(0.25), "Dropout 0.25"),
        (Linear(3), "Linear"),
    ],
)
def test_what_a_layer_is(layer, text):
    assert describe(layer) == text


def test_no_parameter_is_lost():
    graph = build({"a": Residual({"conv": Conv2d(3, 3, padding=1)}, {"conv": Conv2d(3, 1)}), "h": Linear(2)}, (1, 4, 4))
    total = sum(math.prod(p.shape) for p in graph.parameters.values() if p.trainable)
    assert sum(unit.parameters for unit in folded(graph).units) == total
