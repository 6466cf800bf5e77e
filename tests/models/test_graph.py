"""The two walks over a graph."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trainer.models import (
    Add,
    Concatenate,
    Graph,
    GraphBuilder,
    Linear,
    Multiply,
    ParameterStore,
    Step,
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


def test_no_output_lies_in_the_memory_of_another():
    builder = GraphBuilder({"input": (WIDTH,)})
    builder.add("a", Linear(WIDTH), ["input"])
    builder.add("b", Linear(WIDTH), ["input"])
    builder.add("add", Add(), ["a", "b"])
    space = workspace(builder.finish())
    space.graph.forward(space, np.ones((WIDTH, 2)))
    outputs = [ctx.output for ctx in space.contexts(2)]
    assert not any(np.shares_memory(one, other) for one, other in itertools.combinations(outputs, 2))
