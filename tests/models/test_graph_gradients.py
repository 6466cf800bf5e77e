"""Gradients on their way down a graph: buffers, what layers give, and parameters with several users."""

import itertools

import numpy as np
import pytest

from tests.models.test_graph import WIDTH, gradients, workspace
from trainer.models import Add, GraphBuilder, GraphError, Layer, Linear, Tanh


class Moody(Layer):
    """The identity, whose backward copies its gradient into a buffer or hands it on, by turns."""

    def __init__(self) -> None:
        self.copies = True

    def output_shape(self, shape):
        return shape

    def forward(self, ctx, x):
        return x

    def backward(self, ctx, dy):
        if not self.copies:
            return dy
        dx = ctx.input_gradient()
        np.copyto(dx, dy)
        return dx


@pytest.mark.parametrize("moods", list(itertools.product([True, False], repeat=3)))
def test_a_layer_may_take_a_buffer_at_some_steps_only(moods):
    """Stochastic depth is such a layer: what its neighbours get must not depend on what it took before."""
    moody = [Moody(), Moody()]
    builder = GraphBuilder({"input": (WIDTH,)})
    builder.add("fc1", Linear(WIDTH), ["input"])
    builder.add("moody1", moody[0], ["fc1"])
    builder.add("left", Linear(WIDTH), ["moody1"])
    builder.add("moody2", moody[1], ["left"])
    builder.add("tanh", Tanh(), ["moody2"])
    builder.add("right", Linear(WIDTH), ["fc1"])
    builder.add("sum", Add(), ["right", "tanh"])
    builder.add("head", Linear(2), ["sum"])
    space = workspace(builder.finish(), input_gradients=True)
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(WIDTH, 4)), rng.normal(size=(2, 4))
    found = []
    for first, second in zip(moods, moods[::-1], strict=True):
        moody[0].copies, moody[1].copies = first, second
        found.append(gradients(space, [x], dy))
    moody[0].copies = moody[1].copies = True
    expected = gradients(workspace(space.graph, input_gradients=True), [x], dy)
    for each in found:
        for name, gradient in expected.items():
            np.testing.assert_allclose(each[name], gradient, rtol=1e-12, err_msg=name)


class Faulty(Layer):
    """The identity, whose methods give what they are told to."""

    def __init__(self, forward=lambda ctx, x: x, backward=lambda ctx, dy: dy) -> None:
        self.methods = forward, backward

    def output_shape(self, shape):
        return shape

    def forward(self, ctx, x):
        return self.methods[0](ctx, x)

    def backward(self, ctx, dy):
        return self.methods[1](ctx, dy)


@pytest.mark.parametrize(
    ("methods", "expected"),
    [
        ({"backward": lambda ctx, dy: None},
         "backward: the gradient of fc1 is missing; return shape (3, 4) and type float64; zeros stop a gradient"),
        ({"backward": lambda ctx, dy: (None,)},
         "backward: the gradient of fc1 is missing; return shape (3, 4) and type float64; zeros stop a gradient"),
        ({"backward": lambda ctx, dy: dy[0]},
         "backward: the gradient of fc1 has shape (4,) and type float64; return shape (3, 4) and type float64"),
        ({"backward": lambda ctx, dy: dy.astype("float32")},
         "backward: the gradient of fc1 has shape (3, 4) and type float32; return shape (3, 4) and type float64"),
        ({"backward": lambda ctx, dy: [dy]},
         "backward: the gradient of fc1 is not an array but list; return shape (3, 4) and type float64"),
        ({"backward": lambda ctx, dy: (dy, dy)},
         "backward returns 2 gradients for 1 inputs; return one for each input"),
        ({"forward": lambda ctx, x: None}, "forward: the output is missing; return shape (3, 4) and type float64"),
        ({"forward": lambda ctx, x: x[:2]},
         "forward: the output has shape (2, 4) and type float64; return shape (3, 4) and type float64"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("late", [False, True])
def test_a_layer_that_gives_something_else_is_named(methods, expected, late):
    """At whatever step it does so."""
    layer = Faulty()
    builder = GraphBuilder({"input": (WIDTH,)})
    builder.add("fc1", Linear(WIDTH), ["input"])
    builder.add("mine", layer, ["fc1"])
    builder.add("head", Linear(2), ["mine"])
    space = workspace(builder.finish())
    x, dy = np.ones((WIDTH, 4)), np.ones((2, 4))
    if late:
        space.graph.forward(space, x)
        space.graph.backward(space, dy)
    layer.methods = tuple({"forward": layer.methods[0], "backward": layer.methods[1], **methods}.values())
    if "forward" in methods:
        with pytest.raises(GraphError) as caught:
            space.graph.forward(space, x)
    else:
        space.graph.forward(space, x)
        with pytest.raises(GraphError) as caught:
            space.graph.backward(space, dy)
    assert str(caught.value) == f"mine: Faulty.{expected}"


def test_no_gradient_is_asked_for_by_an_input():
    builder = GraphBuilder({"input": (WIDTH,)})
    builder.add("mine", Faulty(backward=lambda ctx, dy: None), ["input"])
    builder.add("head", Linear(2), ["mine"])
    space = workspace(builder.finish())
    space.graph.forward(space, np.ones((WIDTH, 4)))
    assert space.graph.backward(space, np.ones((2, 4))) == [None]


def test_gradients_are_written_not_replaced():
    class Replacing(Linear):
        def backward(self, ctx, dy):
            ctx.grads.bias += 1  # writes into the array
            ctx.grads.bias = dy.sum(axis=1)

    builder = GraphBuilder({"input": (WIDTH,)})
    builder.add("mine", Replacing(2), ["input"])
    space = workspace(builder.finish())
    space.graph.forward(space, np.ones((WIDTH, 4)))
    with pytest.raises(AttributeError, match=r"bias keeps its array; write into it: bias\[\.\.\.\] = \.\.\."):
        space.graph.backward(space, np.ones((2, 4)))


@pytest.mark.parametrize("tied", ["fc2", {"weight": "fc1.weight"}])
def test_several_users_of_a_parameter_add_their_gradients(tied):
    """The same as with parameters of their own that are equal, whose gradients one adds."""

    def build(shared_with):
        builder = GraphBuilder({"input": (WIDTH,)})
        builder.add("fc1", Linear(WIDTH), ["input"])
        builder.add("fc2", Linear(WIDTH), ["fc1"], shared_with="fc1" if shared_with == "fc2" else None)
        builder.add("tanh", Tanh(), ["fc2"])
        builder.add("fc3", Linear(WIDTH), ["tanh"], shared_with=shared_with)
        builder.add("head", Linear(2), ["fc3"])
        return workspace(builder.finish(), input_gradients=True)

    shared, apart = build(tied), build(None)
    users = [(f"{node.name}.{short}", name) for node in shared.graph.nodes for short, name in node.parameters.items()]
    for own, name in users:
        apart.parameters[own][...] = shared.parameters[name]
    rng = np.random.default_rng(0)
    for batch in (4, 2, 4):
        x, dy = rng.normal(size=(WIDTH, batch)), rng.normal(size=(2, batch))
        found, parts = gradients(shared, [x], dy), gradients(apart, [x], dy)
        expected = dict.fromkeys(shared.parameters, 0) | {"input": parts["input"]}
        for own, name in users:
            expected[name] = expected[name] + parts[own]
        for name, gradient in found.items():
            np.testing.assert_allclose(gradient, expected[name], rtol=1e-12, atol=1e-12, err_msg=name)


def test_an_unwritten_gradient_is_nan_in_poisoned_memory():
    class Forgetful(Linear):
        def backward(self, ctx, dy):
            ctx.grads.weight[...] = 0

    builder = GraphBuilder({"input": (WIDTH,)})
    builder.add("mine", Forgetful(2), ["input"])
    space = workspace(builder.finish(), poisoned=True)
    space.graph.forward(space, np.ones((WIDTH, 4)))
    space.graph.backward(space, np.ones((2, 4)))
    assert np.isnan(space.parameters.gradient("mine.bias")).all()
    assert not space.parameters.gradient("mine.weight").any()
    assert space.parameters.gradients.size > 8
    assert np.isnan(space.parameters.gradients).sum() == 2  # the gaps between arrays are zero for the optimizers
