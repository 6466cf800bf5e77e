"""Whether nodes are wired as they must be, and what is said where a layer gives something else than it says."""

import numpy as np
import pytest

from trainer.models import Add, Conv2d, Input, Linear
from trainer.models.errors import GraphError
from trainer.models.initializers import Zeros
from trainer.models.layer import Parameter
from trainer.models.node import Node
from trainer.models.wiring import (
    additions,
    check_arity,
    check_types,
    check_uses,
    method_name,
    misfit,
    origin,
    output_shape,
)

pytestmark = pytest.mark.parametrize("poison", "0", indirect=True)

NODE = Node("fc1", Linear(3), ("input",), ((4,),), (3,), {}, "model.layers.fc1")


@pytest.mark.parametrize(("layer", "inputs"), [(Linear(3), ["a"]), (Add(), ["a", "b"]), (Add(), ["a", "b", "c"])])
def test_as_many_inputs_as_a_layer_reads(layer, inputs):
    check_arity(layer, inputs)


@pytest.mark.parametrize(
    ("layer", "inputs", "message"),
    [
        (Linear(3), ["a", "b"], "^Linear takes 1 input, got 2; change its inputs$"),
        (Linear(3), [], "^Linear takes 1 input, got 0"),
        (Add(), ["a"], "^Add joins two or more inputs, got 1; name them"),
    ],
)
def test_more_or_fewer_are_refused(layer, inputs, message):
    with pytest.raises(GraphError, match=message):
        check_arity(layer, inputs)


def test_what_nobody_reads_is_named():
    inputs = {"input": Input((4,)), "empty": Input((0,))}  # of an empty input there is nothing to read
    check_uses(inputs, {"fc1": NODE}, ["fc1"], "model.layers")
    with pytest.raises(GraphError, match=r"^model\.layers\.fc1: its output is used by no node"):
        check_uses(inputs, {"fc1": NODE}, [], "model.layers")
    with pytest.raises(GraphError, match=r"^model\.layers: no layer reads the input 'other'"):
        check_uses(inputs | {"other": Input((4,))}, {"fc1": NODE}, ["fc1"], "model.layers")


@pytest.mark.parametrize(
    ("sources", "inputs", "expected"),
    [
        ([], ["input"], ""),
        (["input"], ["input"], " (the network's input)"),
        (["left", "fc1"], ["left", "right"], " (from left and from fc1)"),
    ],
)
def test_where_inputs_come_from(sources, inputs, expected):
    assert origin(sources, inputs) == expected


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (None, "is missing"),
        (3.0, "is not an array but float"),
        (np.zeros((2, 5)), "has shape (2, 5) and type float64"),
    ],
)
def test_what_a_layer_gives_is_described(given, found):
    error = misfit(NODE, "forward", "output", given, (3, 5), np.dtype("float32"))
    assert str(error) == (
        f"model.layers.fc1: Linear.forward: the output {found}; return shape (3, 5) and type float32"
    )


def test_a_missing_gradient_has_a_remedy_of_its_own():
    assert misfit(NODE, "backward", "gradient of input", None, (4, 5), np.dtype("float32")).remedy.endswith(
        "zeros stop a gradient"
    )
    assert method_name(NODE, "backward") == "Linear.backward"


def test_integers_come_as_they_are():
    inputs = {"input": np.zeros((4, 2), np.float32), "tokens": np.zeros((3, 2), np.int64)}
    check_types({"tokens": np.dtype("int64")}, inputs)
    with pytest.raises(GraphError, match=r"^tokens: the input has type int64, not int32; give an array of int32$"):
        check_types({"tokens": np.dtype("int32")}, inputs)


def node(layer, shape, name="fc1"):
    names = {short: f"{name}.{short}" for short in layer.parameters(shape)}
    parameters = {names[short]: parameter for short, parameter in layer.parameters(shape).items()}
    return Node(name, layer, ("input",), (shape,), layer.output_shape(shape), names), parameters


def test_a_layer_takes_other_sizes_than_it_was_built_for():
    convolution, parameters = node(Conv2d(2, 3), (1, 8, 8), "conv1")
    assert output_shape(convolution, [(1, 8, 8)], parameters) == (2, 6, 6)
    assert output_shape(convolution, [(1, 5, 9)], parameters) == (2, 3, 7)
    with pytest.raises(GraphError, match=r"^conv1: its parameters are for an input of 1x8x8, got 3x8x8; use"):
        output_shape(convolution, [(3, 8, 8)], parameters)
    with pytest.raises(GraphError, match=r"^conv1: needs an image"):
        output_shape(convolution, [(64,)], parameters)


def test_gradients_begin_at_the_end_and_of_frozen_ones_nobody_knows():
    shared = {"weight": "w", "bias": "b"}
    nodes = [Node(name, Linear(3), ("input",), ((3,),), (3,), shared) for name in ("fc1", "fc2")]
    parameters = {"w": Parameter((3, 3), Zeros()), "b": Parameter((3,), Zeros())}
    assert additions(nodes, parameters) == {"fc1": {"weight", "bias"}, "fc2": frozenset()}
    parameters["b"] = Parameter((3,), Zeros(), trainable=False, frozen=True)
    assert additions(nodes, parameters) == {"fc1": {"weight"}, "fc2": frozenset()}
