"""The contract of models/layer.py, checked for every layer there is: new layers are found by themselves."""

from __future__ import annotations

import inspect
import tracemalloc
from importlib import import_module
from pkgutil import iter_modules

import numpy as np
import pytest

from tests.helpers.gradients import check_gradients
from tests.helpers.layers import SingleLayer
from trainer import models
from trainer.models import Layer

# Arguments of layers that need some. What needs none is found without an entry.
EXAMPLES = {
    "AvgPool2d": {"kernel_size": 2},
    "Conv2d": {"out_channels": 3, "kernel_size": 3, "padding": 1},
    "Embedding": {"num_embeddings": 3, "embedding_dim": 2},
    "Embeddings": {"levels": [3, 4], "embedding_dim": [2, 3]},
    "Expression": {"formula": "x * sigmoid(beta * x)", "parameters": {"beta": 1.5}},
    "Linear": {"out_features": 3},
    "MaxPool2d": {"kernel_size": 2},
}
ALLOCATES = {"Expression"}  # records its formula anew at every step


def layer_classes() -> dict[str, type[Layer]]:
    """Every public layer defined in models/layers."""
    found = {}
    for module in iter_modules(models.layers.__path__, "trainer.models.layers."):
        for name, kind in vars(import_module(module.name)).items():
            own = isinstance(kind, type) and issubclass(kind, Layer) and kind.__module__ == module.name
            if own and not inspect.isabstract(kind) and not name.startswith("_"):
                found[name] = kind
    return found


def example(kind: type[Layer]) -> Layer:
    options = inspect.signature(kind).parameters.values()
    required = [p.name for p in options if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if required and kind.__name__ not in EXAMPLES:
        pytest.fail(f"{kind.__name__} needs {', '.join(required)}: add an example to EXAMPLES in this file")
    return kind(**EXAMPLES.get(kind.__name__, {}))


def shapes(layer: Layer, height: int = 6) -> list[tuple[int, ...]]:
    if isinstance(layer, models.Embeddings):
        return [(len(layer.levels),)]
    return [(2, height, 5)] * (layer.inputs_required or 2)


def step(single: SingleLayer, batch: int, training: bool) -> list[np.ndarray]:
    """Copies of everything one step computes."""
    y = single.forward(*single.inputs(batch, seed=batch), training=training).copy()
    gradients = single.backward(single.output_gradient(batch, seed=batch))
    return [y, *(dx.copy() for dx in gradients), *(gradient.copy() for gradient in single.gradients.values())]


each = pytest.mark.parametrize("kind", layer_classes().values(), ids=layer_classes())
modes = pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])


def test_finds_the_layers():
    assert {"Linear", "Conv2d", "BatchNorm", "Dropout", "MaxPool2d", "ReLU", "Add", "Flatten"} <= set(layer_classes())


@each
@modes
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_shapes_and_dtype(kind, training, dtype):
    layer = example(kind)
    single = SingleLayer(layer, *shapes(layer), dtype=dtype)
    inputs = single.inputs(4)
    y = single.forward(*inputs, training=training)
    assert y.shape == (*layer.output_shape(*shapes(layer)), 4)
    assert y.dtype == dtype
    gradients = single.backward(single.output_gradient(4))
    assert [dx.shape for dx in gradients] == [x.shape for x in inputs if x.dtype == dtype]
    assert {dx.dtype for dx in gradients} <= {np.dtype(dtype)}
    for short, parameter in single.parameters.items():
        assert parameter.dtype == dtype
        if short in single.learned:
            assert single.gradients[short].shape == parameter.shape
            assert single.gradients[short].dtype == dtype


@each
@modes
def test_arguments_are_not_written(kind, training):
    layer = example(kind)
    single = SingleLayer(layer, *shapes(layer))
    inputs, dy = single.inputs(4), single.output_gradient(4)
    before = [array.copy() for array in (*inputs, dy)]
    learned = {short: single.parameters[short].copy() for short in single.learned}
    for array in (*inputs, dy):
        array.flags.writeable = False
    single.forward(*inputs, training=training)
    output = single.workspace.contexts(4)[0].output
    kept = output.copy()
    single.backward(dy)
    for array, copy in zip((*inputs, dy), before, strict=True):
        np.testing.assert_array_equal(array, copy)
    np.testing.assert_array_equal(output, kept)  # the next node may need it
    for short, copy in learned.items():
        np.testing.assert_array_equal(single.parameters[short], copy)


@pytest.mark.parametrize("kind", [kind for kind in layer_classes().values() if kind.reads_any_order])
@modes
def test_memory_order_of_the_inputs_changes_nothing(kind, training):
    layer = example(kind)
    single = SingleLayer(layer, *shapes(layer))
    inputs, dy = single.inputs(4), single.output_gradient(4)
    found = []
    for order in (lambda x: x, lambda x: np.moveaxis(np.moveaxis(x, -1, 0).copy(), 0, -1)):
        y = single.forward(*map(order, inputs), training=training).copy()
        gradients = single.backward(dy)
        found.append([y, *(g.copy() for g in (*gradients, *single.gradients.values()))])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


@each
def test_holds_no_state(kind):
    """Hyperparameters only: what a step needs lies in its context."""
    layer = example(kind)
    before = dict(vars(layer))
    step(SingleLayer(layer, *shapes(layer)), 4, training=True)
    assert vars(layer) == before


@each
def test_nodes_of_one_layer_do_not_disturb_each_other(kind):
    layer = example(kind)
    first, second = SingleLayer(layer, *shapes(layer), seed=1), SingleLayer(layer, *shapes(layer, 8), seed=2)
    expected = step(first, 4, training=True)
    inputs, dy = first.inputs(4, seed=4), first.output_gradient(4, seed=4)
    first.forward(*inputs)
    step(second, 3, training=True)
    np.testing.assert_equal([*first.backward(dy), *first.gradients.values()], expected[1:])


@each
@modes
def test_a_step_repeated_gives_the_same(kind, training):
    layer = example(kind)
    single = SingleLayer(layer, *shapes(layer), dtype="float32")
    if not training:
        np.testing.assert_equal(step(single, 4, training), step(single, 4, training))
        return
    first = step(single, 4, training)
    step(single, 4, training=False)
    np.testing.assert_equal(step(single, 4, training), first)


@each
@modes
def test_batches_of_different_sizes_share_the_buffers(kind, training):
    layer = example(kind)
    single = SingleLayer(layer, *shapes(layer))
    for batch in (5, 3, 5, 7):
        expected = step(SingleLayer(layer, *shapes(layer)), batch, training=training)
        kept = {s: a.copy() for s, a in SingleLayer(layer, *shapes(layer)).parameters.items()}
        for short, array in single.parameters.items():
            array[...] = kept[short]
        for ours, fresh in zip(step(single, batch, training), expected, strict=True):
            np.testing.assert_allclose(ours, fresh, rtol=1e-12, atol=1e-12)


@each
@modes
def test_an_empty_batch(kind, training):
    """Has an empty output and adds nothing to the gradients."""
    layer = example(kind)
    single = SingleLayer(layer, *shapes(layer))
    step(single, 3, training)
    y, *gradients = step(single, 0, training)
    assert y.shape == (*layer.output_shape(*shapes(layer)), 0)
    by_inputs = [] if single.integers else [(*shape, 0) for shape in single.shapes]
    assert [dx.shape for dx in gradients[: len(by_inputs)]] == by_inputs
    assert not any(gradient.any() for gradient in gradients)


@pytest.mark.parametrize("poison", "0", indirect=True)  # to verify zeros takes memory
@pytest.mark.parametrize("kind", [kind for name, kind in layer_classes().items() if name not in ALLOCATES])
@modes
def test_allocates_nothing_in_the_steady_state(kind, training):
    layer = example(kind)
    large = [(4, 12, 12) if len(shape) == 3 else shape for shape in shapes(layer)]
    single = SingleLayer(layer, *large, dtype="float32")
    inputs, dy = single.inputs(64), single.output_gradient(64)  # 147 KB each

    def run():
        single.graph.forward(single.workspace, *inputs, step=single.workspace.step)
        single.backward(dy)

    single.forward(*inputs, training=training)
    size = np.setbufsize(512)  # elements of the buffer in which NumPy casts, which is not ours to avoid
    try:
        run()
        run()
        tracemalloc.start()
        run()
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        run()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        np.setbufsize(size)
    assert peak - before <= 8192, f"{kind.__name__} allocates {peak - before} bytes a step"


@each
@modes
def test_gradients(kind, training):
    layer = example(kind)
    check_gradients(layer, *shapes(layer), batch=2, training=training, tolerance=1e-5)
    try:
        layer.output_shape(*[(6,)] * len(shapes(layer)))
    except models.GraphError:
        return  # takes images only
    check_gradients(layer, *[(6,)] * len(shapes(layer)), batch=3, training=training, tolerance=1e-5)
