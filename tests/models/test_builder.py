"""From a stack of layers to a graph: names, shapes, wiring, and what is said when they do not fit."""

from collections.abc import Mapping
from typing import Any

import pytest

from trainer import models
from trainer.models import (
    Add,
    Composite,
    Concatenate,
    Graph,
    GraphError,
    Layer,
    Linear,
    Multiply,
    Repeat,
    Residual,
    Sequential,
)
from trainer.models.initializers import Constant, HeUniform, Zeros

pytestmark = pytest.mark.parametrize("poison", "0", indirect=True)


def make(options: Mapping[str, Any], key: str) -> Layer | Composite:
    """What the application's configuration does, without its checks."""
    kwargs = {name: value for name, value in options.items() if name != "_target_"}
    return getattr(models, options["_target_"].removeprefix("models."))(**kwargs)


def linear(size: int, **options) -> dict[str, Any]:
    return {"_target_": "models.Linear", "out_features": size, **options}


def build(layers: Mapping[str, Any], inputs=(4,), **options) -> Graph:
    return models.build(layers, inputs, make, **options)


def wires(graph: Graph) -> dict[str, tuple[str, ...]]:
    return {node.name: node.inputs for node in graph.nodes}


def message(layers: Mapping[str, Any], inputs=(4,), **options) -> str:
    with pytest.raises(GraphError) as caught:
        build(layers, inputs, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_layer_takes_the_output_of_the_one_before():
    graph = build({"fc1": linear(8), "fc2": linear(3, bias=False)})
    assert wires(graph) == {"fc1": ("input",), "fc2": ("fc1",)}
    assert [node.output_shape for node in graph.nodes] == [(8,), (3,)]
    assert graph.output_shape == (3,)
    assert {name: parameter.shape for name, parameter in graph.parameters.items()} == {
        "fc1.weight": (8, 4),
        "fc1.bias": (8,),
        "fc2.weight": (3, 8),
    }


def test_layers_can_be_objects():
    graph = models.build({"fc1": Linear(8), "group": Sequential({"fc2": Linear(3)})}, (4,))
    assert wires(graph) == {"fc1": ("input",), "group.fc2": ("fc1",)}


def test_inputs_name_nodes_groups_and_the_networks_input():
    graph = build(
        {
            "fc1": linear(4),
            "group": {"_target_": "models.Sequential", "layers": {"fc2": linear(4), "fc3": linear(4)}},
            "again": linear(4, inputs="fc1"),
            "add": {"_target_": "models.Add", "inputs": ["group", "again", "input"]},
            "inner": linear(4, inputs=["group.fc2"]),
            "last": {"_target_": "models.Concatenate", "inputs": ["inner", "add"]},
        }
    )
    assert wires(graph) == {
        "fc1": ("input",),
        "group.fc2": ("fc1",),
        "group.fc3": ("group.fc2",),
        "again": ("fc1",),
        "add": ("group.fc3", "again", "input"),
        "inner": ("group.fc2",),
        "last": ("inner", "add"),
    }
    assert graph.output_shape == (8,)


def test_several_inputs_of_the_network():
    add = {"_target_": "models.Add", "inputs": ["a", "b"]}
    layers = {"a": linear(3, inputs="left"), "b": linear(3, inputs="right"), "add": add}
    graph = build(layers, {"left": (4,), "right": (1, 2, 2)})
    assert wires(graph) == {"a": ("left",), "b": ("right",), "add": ("a", "b")}


def test_names_inside_a_group_mean_its_own_layers_first():
    body = {"fc": linear(4), "other": linear(4), "sum": {"_target_": "models.Add", "inputs": ["fc", "other"]}}
    graph = build({"fc": linear(4), "group": {"_target_": "models.Sequential", "layers": body}})
    assert wires(graph)["group.sum"] == ("group.fc", "group.other")


def test_residual():
    body = {"fc1": linear(4), "fc2": linear(4)}
    graph = build({"fc": linear(4), "block": {"_target_": "models.Residual", "body": body}, "head": linear(2)})
    assert wires(graph) == {
        "fc": ("input",),
        "block.body.fc1": ("fc",),
        "block.body.fc2": ("block.body.fc1",),
        "block.add": ("block.body.fc2", "fc"),
        "head": ("block.add",),
    }


def test_residual_with_a_shortcut():
    graph = build({"block": Residual({"fc": linear(6)}, {"fc": linear(6)})})
    assert wires(graph) == {
        "block.body.fc": ("input",),
        "block.shortcut.fc": ("input",),
        "block.add": ("block.body.fc", "block.shortcut.fc"),
    }


def test_repeat_gives_each_turn_parameters_of_its_own():
    graph = build({"fc": {"_target_": "models.Repeat", "times": 3, "layers": {"fc": linear(4)}}})
    assert wires(graph) == {"fc.0.fc": ("input",), "fc.1.fc": ("fc.0.fc",), "fc.2.fc": ("fc.1.fc",)}
    assert sum(name.endswith("weight") for name in graph.parameters) == 3
    assert len({id(node.layer) for node in graph.nodes}) == 3


def test_groups_nest():
    block = {"_target_": "models.Residual", "body": {"fc": linear(4)}}
    stage = {"_target_": "models.Repeat", "times": 2, "layers": {"block": block, "fc": linear(4)}}
    graph = build({"all": {"_target_": "models.Sequential", "layers": {"stage": stage}}})
    assert wires(graph) == {
        "all.stage.0.block.body.fc": ("input",),
        "all.stage.0.block.add": ("all.stage.0.block.body.fc", "input"),
        "all.stage.0.fc": ("all.stage.0.block.add",),
        "all.stage.1.block.body.fc": ("all.stage.0.fc",),
        "all.stage.1.block.add": ("all.stage.1.block.body.fc", "all.stage.0.fc"),
        "all.stage.1.fc": ("all.stage.1.block.add",),
    }


def test_the_networks_initializer_serves_weights_that_name_none():
    mine, everyones = Constant(1.0), Constant(2.0)
    layers = {"fc1": Linear(3, initializer=mine), "fc2": Linear(3)}
    graph = models.build(layers, (4,), initializer=everyones)
    assert graph.parameters["fc1.weight"].initializer is mine
    assert graph.parameters["fc2.weight"].initializer is everyones
    assert isinstance(graph.parameters["fc2.bias"].initializer, Zeros)
    assert isinstance(models.build({"fc": Linear(3)}, (4,)).parameters["fc.weight"].initializer, HeUniform)


def test_only_what_lies_behind_a_parameter_needs_input_gradients():
    graph = models.build({"fc1": Linear(3), "fc2": Linear(3)}, (4,))
    assert [graph.needs_input_gradient(node) for node in graph.nodes] == [False, True]


@pytest.mark.parametrize("layers", [{}, {"group": Sequential({})}])
def test_no_layers(layers):
    expected = "model.layers: has no layers; give at least one, e.g. head: {_target_: models.Linear, out_features: 10}"
    assert message(layers) == expected


def test_unknown_input():
    add = {"_target_": "models.Add", "inputs": ["fc1", "fc22"]}
    assert message({"fc1": linear(4), "fc2": linear(4), "add": add}) == (
        "model.layers.add.inputs: no node 'fc22' before this one; did you mean 'fc2'?"
    )
    assert message({"fc1": linear(4), "head": linear(4, inputs="xyz")}) == (
        "model.layers.head.inputs: no node 'xyz' before this one; choose from input, fc1"
    )


def test_a_node_cannot_take_one_that_comes_later():
    assert "no node 'fc2' before this one" in message({"fc1": linear(4, inputs="fc2"), "fc2": linear(4)})


def test_unused_node():
    layers = {"fc1": linear(4), "fc2": linear(4, inputs="input")}
    expected = "its output is used by no node; name it among another node's inputs or remove it"
    assert message(layers) == f"model.layers.fc1: {expected}"
    unread = "model.layers: no layer reads the input 'right'; name it, as in inputs: [right], or take a model for"
    assert message({"fc": linear(2)}, {"left": (4,), "right": (4,)}).startswith(unread)


def test_taken_name():
    assert message({"input": linear(4)}) == (
        "model.layers.input: the name 'input' is already taken; choose another"
    )
    assert message({"a.b": linear(4), "a": Sequential({"b": linear(4)})}) == (
        "model.layers.a.b: the name 'a.b' is already taken; choose another"
    )


def test_number_of_inputs():
    fc = {"fc1": linear(4), "fc2": linear(4)}
    assert message(fc | {"head": linear(4, inputs=["fc1", "fc2"])}) == (
        "model.layers.head: Linear takes 1 input, got 2 (from fc1 and from fc2); change its inputs"
    )
    assert message({"head": linear(4, inputs=[])}) == (
        "model.layers.head: Linear takes 1 input, got 0; change its inputs"
    )
    assert message({"fc1": linear(4), "add": Add()}) == (
        "model.layers.add: Add joins two or more inputs, got 1 (from fc1); name them: inputs: [a, b]"
    )


@pytest.mark.parametrize("kind", [Add, Multiply])
def test_inputs_of_different_shapes(kind):
    join = {"_target_": f"models.{kind.__name__}", "inputs": ["fc1", "fc2"]}
    assert message({"fc1": linear(4), "fc2": linear(5), "join": join}) == (
        f"model.layers.join: {kind.__name__} needs inputs of the same shape, got 4 and 5 (from fc1 and from fc2); "
        "make the branches end alike"
    )


def test_concatenation_of_different_sizes():
    layers = {"join": {"_target_": "models.Concatenate", "inputs": ["a", "b"]}}
    assert message(layers, {"a": (1, 4, 4), "b": (1, 5, 4)}) == (
        "model.layers.join: Concatenate needs inputs of the same size, except for their channels, got 1x4x4 and 1x5x4 "
        "(from a and from b); bring them to one size"
    )
    graph = build(layers, {"a": (1, 4, 4), "b": (3, 4, 4)})
    assert isinstance(graph.nodes[0].layer, Concatenate)
    assert graph.output_shape == (4, 4, 4)


def test_errors_name_the_key_inside_groups():
    assert message({"block": Residual({"fc": linear(6)})}) == (
        "model.layers.block.add: Add needs inputs of the same shape, got 6 and 4 "
        "(from block.body.fc and the network's input); make the branches end alike"
    )
    repeated = message({"stage": Repeat(2, {"fc": linear(4, inputs="fcc")})})
    assert repeated.startswith("model.layers.stage.0.fc.inputs: no node 'fcc'")


def test_an_image_where_none_can_be():
    layers = {"fc": linear(8), "conv": {"_target_": "models.Conv2d", "out_channels": 2, "kernel_size": 3}}
    assert message(layers, (1, 8, 8)) == (
        "model.layers.conv: needs an image CxHxW as its input, got 8 (from fc); place it before Flatten"
    )


def test_a_kernel_larger_than_its_image():
    layers = {"conv": {"_target_": "models.Conv2d", "out_channels": 2, "kernel_size": 5}}
    assert message(layers, (16, 3, 3)) == (
        "model.layers.conv: kernel 5x5 does not fit its input 16x3x3 (the network's input); "
        "reduce kernel_size or add padding"
    )


def test_a_scalar_is_no_vector():
    assert message({"fc": linear(3)}, ()) == (
        "model.layers.fc: needs features as its input, got a scalar (the network's input); give it a vector or an image"
    )


def test_what_is_no_layer():
    assert message({"fc": 3}) == "model.layers.fc: is not a layer but 3; declare it as {_target_: models.Linear, ...}"
    with pytest.raises(GraphError, match=r"^model.layers.fc: is a declaration, but this builder was given no way"):
        models.build({"fc": linear(3)}, (4,))


def test_repeat_at_least_once():
    with pytest.raises(ValueError, match="times: 0 is not in"):
        Repeat(0, {})


def test_a_layer_can_share_the_parameters_of_another():
    layers = {
        "fc1": linear(4),
        "twin": linear(4, shared_with="fc1"),
        "half": linear(4, shared_with={"weight": "fc1.weight"}),
        "again": linear(4, shared_with="twin"),
    }
    graph = build(layers)
    assert list(graph.parameters) == ["fc1.weight", "fc1.bias", "half.bias"]
    whole = {"weight": "fc1.weight", "bias": "fc1.bias"}
    assert [dict(node.parameters) for node in graph.nodes] == [whole, whole, whole | {"bias": "half.bias"}, whole]
    assert [line.split()[3:4] for line in graph.summary().splitlines()[3:-2]] == [["20"], ["16"], ["4"], ["16"]]


def test_a_layer_in_a_group_shares_by_the_names_it_sees():
    block = {"_target_": "models.Sequential", "layers": {"a": linear(4), "b": linear(4, shared_with="a")}}
    graph = build({"block": block, "c": linear(4, shared_with="block.a")})
    assert list(graph.parameters) == ["block.a.weight", "block.a.bias"]


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (linear(4, shared_with="fc2"), "no node 'fc2' before this one; did you mean 'fc1'?"),
        (linear(4, shared_with="input"), "no layer before this one has 'input.weight'; there is fc1.weight, fc1.bias"),
        (linear(5, shared_with="fc1"), "fc1.weight is 4x4, but Linear needs 5x4 as its weight; "
                                       "give both layers the same sizes"),
        (linear(4, shared_with={"weigth": "fc1.weight"}), "Linear has no parameter 'weigth'; it has weight, bias"),
        (linear(4, shared_with={"weight": "fc1.kernel"}), "no layer before this one has 'fc1.kernel'; "
                                                          "there is fc1.weight, fc1.bias"),
        (linear(4, shared_with=["fc1"]), "['fc1'] is neither a layer nor a mapping; write e.g. {weight: conv1.weight}"),
        ({"_target_": "models.Add", "inputs": ["fc1", "fc1"], "shared_with": "fc1"}, "Add has no parameters; "
                                                                                     "leave out shared_with"),
        ({"_target_": "models.Sequential", "layers": {}, "shared_with": "fc1"}, "only a single layer shares parameters;"
                                                                                " name the layers inside"),
    ],
)  # fmt: skip
def test_parameters_that_cannot_be_shared(layer, expected):
    assert message({"fc1": linear(4), "twin": layer}) == f"model.layers.twin.shared_with: {expected}"
