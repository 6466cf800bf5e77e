"""The two walks over a graph, and its table."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.models import (
    Add,
    Concatenate,
    Graph,
    GraphBuilder,
    GraphError,
    Layer,
    Linear,
    Multiply,
    ParameterStore,
    Step,
    Tanh,
    Workspace,
)

WIDTH = 3


def workspace(graph: Graph, dtype: str = "float64", seed: int = 0, **options) -> Workspace:
    parameters = ParameterStore(graph.parameters, dtype)
    rng = np.random.default_rng(seed)
    parameters.initialize(lambda name: rng)
    return Workspace(graph, parameters, **options)


@st.composite
def graphs(draw) -> Graph:
    """Random graphs in which nodes share inputs, repeat one, meet again, and pass gradients through as views."""
    builder = GraphBuilder({f"input{i}": (WIDTH,) for i in range(draw(st.integers(1, 2)))})
    for i in range(draw(st.integers(1, 8))):
        sources = [name for name in builder.names if builder.shape(name) == (WIDTH,)]
        pick = st.lists(st.sampled_from(sources), min_size=2, max_size=3)
        kind = draw(st.sampled_from([Linear, Add, Multiply, Concatenate]))
        if kind is Linear:
            builder.add(f"n{i}", Linear(WIDTH), [draw(st.sampled_from(builder.names))])
        else:
            builder.add(f"n{i}", kind(), draw(pick))
    while len(unread := [name for name in builder.names if name not in read_by(builder)]) > 1:
        builder.add(f"join{len(unread)}", Concatenate(), unread)
    builder.add("head", Linear(2), unread)
    return builder.finish()


def read_by(builder: GraphBuilder) -> set[str]:
    return {source for node in builder._nodes.values() for source in node.inputs}


def gradients(space: Workspace, inputs: list[np.ndarray], dy: np.ndarray) -> dict[str, np.ndarray]:
    """Gradients by every parameter and input, as the engine computes them."""
    space.graph.forward(space, *inputs, step=Step(batch=dy.shape[1], offset=0, training=True))
    by_inputs = space.graph.backward(space, dy)
    by_parameters = {name: space.parameters.gradient(name).copy() for name in space.parameters}
    return by_parameters | {name: np.copy(g) for name, g in zip(space.graph.inputs, by_inputs, strict=True)}


def naive_gradients(space: Workspace, inputs: list[np.ndarray], dy: np.ndarray) -> dict[str, np.ndarray]:
    """The same by textbook reverse mode: every array fresh, every gradient added to zeros."""
    values, found = dict(zip(space.graph.inputs, inputs, strict=True)), {}
    for node in space.graph.nodes:
        args = [values[name] for name in node.inputs]
        if isinstance(node.layer, Linear):
            weight, bias = (space.parameters[f"{node.name}.{name}"] for name in ("weight", "bias"))
            values[node.name] = weight @ args[0] + bias[:, None]
        else:
            rule = {Add: np.sum, Multiply: np.prod, Concatenate: np.concatenate}[type(node.layer)]
            values[node.name] = rule(args, axis=0)
    given = {name: np.zeros_like(value) for name, value in values.items()}
    given[space.graph.nodes[-1].name] += dy
    for node in reversed(space.graph.nodes):
        args, d = [values[name] for name in node.inputs], given[node.name]
        if isinstance(node.layer, Linear):
            found |= {f"{node.name}.weight": d @ args[0].T, f"{node.name}.bias": d.sum(axis=1)}
            given[node.inputs[0]] += space.parameters[f"{node.name}.weight"].T @ d
        start = 0
        for i, source in enumerate(node.inputs):
            if isinstance(node.layer, Add):
                given[source] += d
            elif isinstance(node.layer, Multiply):
                given[source] += d * np.prod([arg for j, arg in enumerate(args) if j != i], axis=0)
            elif isinstance(node.layer, Concatenate):
                given[source] += d[start : start + len(args[i])]
                start += len(args[i])
    return found | {name: given[name] for name in space.graph.inputs}


@given(graphs(), st.lists(st.integers(1, 4), min_size=2, max_size=4), st.integers(0, 2**16))
def test_gradients_equal_naive_reverse_mode_at_every_step(graph, batches, seed):
    """Nodes, steps and batch sizes reuse buffers, and yet no gradient is written over before it is read."""
    space = workspace(graph, seed=seed, input_gradients=True)
    rng = np.random.default_rng(seed)
    for batch in [*batches, *batches]:
        inputs = [rng.normal(size=(WIDTH, batch)) for _ in graph.inputs]
        dy = rng.normal(size=(2, batch))
        frozen = [array.copy() for array in (*inputs, dy)]
        ours, expected = gradients(space, inputs, dy), naive_gradients(space, inputs, dy)
        assert ours.keys() == expected.keys()
        for name, gradient in expected.items():
            scale = np.abs(gradient).max() + 1e-9
            np.testing.assert_allclose(ours[name] / scale, gradient / scale, atol=1e-9, err_msg=name)
        for array, before in zip((*inputs, dy), frozen, strict=True):
            np.testing.assert_array_equal(array, before)


@given(graphs(), st.integers(0, 2**16))
def test_parameter_gradients_do_not_depend_on_input_gradients(graph, seed):
    rng = np.random.default_rng(seed)
    inputs, dy = [rng.normal(size=(WIDTH, 4)) for _ in graph.inputs], rng.normal(size=(2, 4))
    wanted, unwanted = workspace(graph, seed=seed, input_gradients=True), workspace(graph, seed=seed)
    expected = gradients(wanted, inputs, dy)
    graph.forward(unwanted, *inputs)
    assert graph.backward(unwanted, dy) == [None] * len(inputs)
    for name in graph.parameters:
        np.testing.assert_array_equal(unwanted.parameters.gradient(name), expected[name])


def test_where_branches_meet_their_gradients_add():
    """y = (a x) · (b x) of a scalar x: dy/dx = 2 a b x, dy/da = b x², dy/db = a x²."""
    builder = GraphBuilder({"x": (1,)})
    builder.add("a", Linear(1, bias=False), ["x"])
    builder.add("b", Linear(1, bias=False), ["x"])
    builder.add("y", Multiply(), ["a", "b"])
    space = workspace(builder.finish(), input_gradients=True)
    space.parameters["a.weight"][...], space.parameters["b.weight"][...] = 2, 5
    x = np.array([[3.0]])
    assert space.graph.forward(space, x).item() == 90
    (dx,) = space.graph.backward(space, np.ones((1, 1)))
    assert dx.item() == 60
    assert space.parameters.gradient("a.weight").item() == 45
    assert space.parameters.gradient("b.weight").item() == 18


def test_a_part_without_parameters_gets_no_gradient():
    builder = GraphBuilder({"input": (WIDTH,)})
    builder.add("square", Multiply(), ["input", "input"])
    builder.add("head", Linear(2), ["square"])
    space = workspace(builder.finish())
    x, dy = np.ones((WIDTH, 4)), np.ones((2, 4))
    space.graph.forward(space, x)
    assert space.graph.backward(space, dy) == [None]
    square, head = space.contexts(4)
    assert (square.needs_input_gradient, head.needs_input_gradient) == (False, False)
    np.testing.assert_array_equal(space.parameters.gradient("head.weight"), dy @ (x * x).T)


def test_forward_alone_is_a_whole_batch_that_does_not_train():
    builder = GraphBuilder({"input": (WIDTH,)})
    builder.add("head", Linear(2), ["input"])
    space = workspace(builder.finish(), "float32")
    output = space.graph.forward(space, np.ones((WIDTH, 5), np.float32))
    assert output.shape == (2, 5)
    assert output.dtype == np.float32
    assert space.step == Step(batch=5, offset=0, training=False)


def test_finite_differences_of_a_whole_graph():
    builder = GraphBuilder({"left": (2,), "right": (2,)})
    builder.add("a", Linear(3), ["left"])
    builder.add("b", Linear(3), ["right"])
    builder.add("product", Multiply(), ["a", "b"])
    builder.add("both", Concatenate(), ["product", "a"])
    builder.add("head", Linear(2), ["both"])
    space = workspace(builder.finish(), input_gradients=True)
    rng = np.random.default_rng(1)
    inputs, dy = [rng.normal(size=(2, 3)) for _ in range(2)], rng.normal(size=(2, 3))
    found = gradients(space, inputs, dy)
    arrays = dict(zip(space.graph.inputs, inputs, strict=True))
    arrays |= {name: space.parameters[name] for name in space.parameters}
    for name, array in arrays.items():
        for index in np.ndindex(array.shape):
            value, sides = array[index], []
            for eps in (1e-6, -1e-6):
                array[index] = value + eps
                sides.append(np.vdot(space.graph.forward(space, *inputs), dy))
            array[index] = value
            np.testing.assert_allclose(found[name][index], (sides[0] - sides[1]) / 2e-6, rtol=1e-6, atol=1e-8)


def test_summary():
    builder = GraphBuilder({"image": (1, 28, 28), "extra": (16,)})
    builder.add("fc1", Linear(100), ["image"])
    builder.add("fc2", Linear(100, bias=False), ["extra"])
    builder.add("add", Add(), ["fc1", "fc2"])
    builder.add("head", Linear(10), ["add"])
    assert builder.finish().summary() == """\
name   type    output   parameters  multiply-accumulates
--------------------------------------------------------
image  Input   1x28x28
extra  Input   16
fc1    Linear  100          78,500                78,400
fc2    Linear  100           1,600                 1,600
add    Add     100
head   Linear  10            1,010                 1,000
--------------------------------------------------------
total                       81,110                81,000"""


def test_no_output_lies_in_the_memory_of_another():
    builder = GraphBuilder({"input": (WIDTH,)})
    builder.add("a", Linear(WIDTH), ["input"])
    builder.add("b", Linear(WIDTH), ["input"])
    builder.add("add", Add(), ["a", "b"])
    space = workspace(builder.finish())
    space.graph.forward(space, np.ones((WIDTH, 2)))
    outputs = [ctx.output for ctx in space.contexts(2)]
    assert not any(np.shares_memory(one, other) for one, other in itertools.combinations(outputs, 2))


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
         "backward: the gradient by fc1 is missing; return shape (3, 4) and type float64; zeros stop a gradient"),
        ({"backward": lambda ctx, dy: (None,)},
         "backward: the gradient by fc1 is missing; return shape (3, 4) and type float64; zeros stop a gradient"),
        ({"backward": lambda ctx, dy: dy[0]},
         "backward: the gradient by fc1 has shape (4,) and type float64; return shape (3, 4) and type float64"),
        ({"backward": lambda ctx, dy: dy.astype("float32")},
         "backward: the gradient by fc1 has shape (3, 4) and type float32; return shape (3, 4) and type float64"),
        ({"backward": lambda ctx, dy: [dy]},
         "backward: the gradient by fc1 is no array but list; return shape (3, 4) and type float64"),
        ({"backward": lambda ctx, dy: (dy, dy)}, "backward gives 2 gradients for 1 inputs; return one for each input"),
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
