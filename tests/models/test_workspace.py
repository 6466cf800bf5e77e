"""The memory of a step: which buffers are one and the same, and which must never be."""

import tracemalloc

import numpy as np
import pytest

from trainer.models import Add, Conv2d, Graph, GraphBuilder, Linear, Multiply, ParameterStore, ReLU, Step, Workspace

WIDTH = 64


def ladder() -> Graph:
    """Linear layers in a row, of one width, with one skip connection."""
    builder = GraphBuilder({"input": (WIDTH,)})
    builder.add("fc1", Linear(WIDTH), ["input"])
    builder.add("fc2", Linear(WIDTH), ["fc1"])
    builder.add("fc3", Linear(WIDTH), ["fc2"])
    builder.add("add", Add(), ["fc3", "fc1"])
    builder.add("fc4", Linear(WIDTH), ["add"])
    return builder.finish()


def workspace(graph: Graph, **options) -> Workspace:
    parameters = ParameterStore(graph.parameters)
    parameters.initialize(lambda name: np.random.default_rng(0))
    return Workspace(graph, parameters, **options)


def step(space: Workspace, batch: int) -> np.ndarray:
    x = np.ones((WIDTH, batch), np.float32)
    y = space.graph.forward(space, x, step=Step(batch=batch, offset=0, training=True))
    space.graph.backward(space, np.ones_like(y))
    return y


@pytest.mark.parametrize(("layer", "sample_first"), [(Linear(3), True), (ReLU(), False), (Conv2d(2, 3), False)])
def test_inputs_lie_as_their_readers_like_it(layer, sample_first):
    builder = GraphBuilder({"input": (2, 4, 5)})
    builder.add("layer", layer, ["input"])
    builder.add("end", Linear(2), ["layer"])
    space = workspace(builder.finish())
    (x,) = space.inputs(7)
    assert x is space.inputs(7)[0]
    assert x.shape == (2, 4, 5, 7)
    assert (x.strides[-1] > x.strides[0]) == sample_first
    rng = np.random.default_rng(0)
    x[...] = rng.normal(size=x.shape)
    np.testing.assert_allclose(
        space.graph.forward(space, x).copy(), space.graph.forward(space, np.ascontiguousarray(x)), rtol=1e-5, atol=1e-6
    )


def test_an_input_with_readers_of_both_kinds_is_batch_last():
    builder = GraphBuilder({"input": (4,)})
    builder.add("fc", Linear(4), ["input"])
    builder.add("add", Add(), ["fc", "input"])
    (x,) = workspace(builder.finish()).inputs(3)
    assert x.flags.c_contiguous


def test_a_buffer_is_the_same_array_at_every_step():
    space = workspace(ladder())
    ctx, other = space.contexts(8)[:2]
    assert ctx.buffer("y", (3, 8)) is ctx.buffer("y", (3, 8))
    assert ctx.buffer("y", (3, 8)).dtype == space.dtype
    assert ctx.buffer("mask", (3, 8), bool).dtype == bool
    assert not np.shares_memory(ctx.buffer("y", (3, 8)), ctx.buffer("z", (3, 8)))
    assert not np.shares_memory(ctx.buffer("y", (3, 8)), other.buffer("y", (3, 8)))


def test_a_partial_batch_lies_in_the_memory_of_the_whole():
    space = workspace(ladder())
    (whole, *_), (partial, *_) = space.contexts(8), space.contexts(5)
    assert np.shares_memory(whole.buffer("y", (3, 8)), partial.buffer("y", (3, 5)))


def test_each_node_has_its_own_stream_of_random_numbers():
    made = []

    def generator(name: str) -> np.random.Generator:
        made.append(name)
        return np.random.default_rng(len(made))

    space = workspace(ladder(), generator=generator)
    first, second = space.contexts(4)[:2]
    assert first.generator is space.contexts(9)[0].generator  # one stream, whatever the batch size
    assert first.generator is not second.generator
    assert made == ["fc1", "fc2"]


def test_random_numbers_without_a_generator_are_refused():
    ctx, *_ = workspace(ladder()).contexts(4)
    with pytest.raises(ValueError, match="fc1 draws random numbers, but this workspace was given no generator"):
        _ = ctx.generator


def test_a_step_allocates_nothing_once_it_has_run():
    space = workspace(ladder())
    inputs = {batch: np.ones((WIDTH, batch), np.float32) for batch in (2048, 1500)}

    def both() -> None:
        for x in inputs.values():
            y = space.graph.forward(space, x, step=Step(batch=x.shape[1], offset=0, training=True))
            space.graph.backward(space, y)

    both()
    tracemalloc.start()
    both()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000 < inputs[1500].nbytes / 7  # NumPy's own buffer for a broadcast operand, and no activation


@pytest.mark.parametrize(("skip", "buffers"), [(False, 2), (True, 3)])
def test_gradients_need_few_buffers(skip, buffers):
    """One gradient is read while the next is written; a skip connection's waits meanwhile."""
    builder = GraphBuilder({"input": (WIDTH,)})
    last = first = builder.add("first", Linear(WIDTH), ["input"])
    for i in range(6):
        last = builder.add(f"fc{i}", Linear(WIDTH), [last])
    if skip:
        last = builder.add("add", Add(), [last, first])
    builder.add("last", Linear(WIDTH), [last])
    space = workspace(builder.finish())
    step(space, 32)
    contexts = [ctx for ctx in space.contexts(32) if ctx.name.startswith(("fc", "last"))]
    assert len({ctx.input_gradient().ctypes.data for ctx in contexts}) == buffers


def test_multiply_gets_a_buffer_for_each_input():
    builder = GraphBuilder({"input": (WIDTH,)})
    builder.add("a", Linear(WIDTH), ["input"])
    builder.add("b", Linear(WIDTH), ["input"])
    builder.add("product", Multiply(), ["a", "b"])
    space = workspace(builder.finish())
    step(space, 4)
    product = space.contexts(4)[-1]
    assert not np.shares_memory(product.input_gradient(0), product.input_gradient(1))
