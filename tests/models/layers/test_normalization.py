"""BatchNorm against PyTorch, finite differences and itself over several shards."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.gradients import check_gradients
from tests.helpers.layers import SingleLayer, run_shards
from tests.helpers.parity import check_parity
from trainer import models
from trainer.models import BatchNorm, Conv2d, GraphError, MaxPool2d, ParameterStore, Step, Workspace

shapes = st.one_of(st.tuples(st.integers(1, 6)), st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5)))


@settings(max_examples=60)
@given(
    shapes,
    st.integers(2, 6),
    st.booleans(),
    st.floats(0, 1),
    st.sampled_from([1e-5, 1e-3, 1.0]),
    st.sampled_from(["float64", "float32"]),
    st.integers(0, 99),
)
def test_equals_pytorch(shape, batch, training, momentum, eps, dtype, seed):
    check_parity(
        BatchNorm(momentum, eps),
        lambda torch: _module(torch, shape, momentum, eps),
        shape,
        batch=batch,
        training=training,
        dtype=dtype,
        seed=seed,
        least=1.0,  # of two values a channel hardly any gradient is left
    )


def _module(torch, shape, momentum, eps):
    kind = torch.nn.BatchNorm2d if len(shape) == 3 else torch.nn.BatchNorm1d
    return kind(shape[0], eps, momentum)


@settings(max_examples=25)
@given(shapes, st.integers(2, 5), st.booleans(), st.integers(0, 99))
def test_gradients(shape, batch, training, seed):
    check_gradients(BatchNorm(eps=1e-3), shape, batch=batch, training=training, seed=seed, tolerance=1e-5)


@settings(max_examples=20)
@given(shapes, st.lists(st.integers(1, 5), min_size=2, max_size=3), st.booleans(), st.integers(0, 99))
def test_shards_equal_the_whole_batch(shape, sizes, training, seed):
    batch = sum(sizes)
    whole = SingleLayer(BatchNorm(), shape, seed=seed)
    x, dy = whole.inputs(batch, seed)[0], whole.output_gradient(batch, seed)
    y, dx = np.empty_like(x), np.empty_like(x)
    gradients, kept = {}, {}

    def work(communicator, examples):
        shard = SingleLayer(BatchNorm(), shape, seed=seed, communicator=communicator)
        part = np.ascontiguousarray(x[..., examples])
        y[..., examples] = shard.forward(part, training=training, batch=batch, offset=examples.start)
        dx[..., examples] = shard.backward(np.ascontiguousarray(dy[..., examples]))[0]
        gradients[communicator.rank] = shard.gradients
        kept[communicator.rank] = shard.parameters

    run_shards(sizes, work)
    before = {short: array.copy() for short, array in whole.parameters.items()}
    np.testing.assert_allclose(y, whole.forward(x, training=training), atol=1e-12)
    np.testing.assert_allclose(dx, whole.backward(dy)[0], atol=1e-10)
    for short, gradient in whole.gradients.items():
        total = sum(gradients[rank][short] for rank in range(len(sizes)))
        np.testing.assert_allclose(total, gradient, atol=1e-10, err_msg=short)
    for short, after in whole.parameters.items():
        np.testing.assert_allclose(kept[0][short], after, atol=1e-12)  # one shard keeps them for all
        np.testing.assert_array_equal(kept[1][short], before[short])


def test_statistics_are_those_of_a_channel():
    norm = SingleLayer(BatchNorm(), (3, 4, 4))
    norm.parameters["weight"][...], norm.parameters["bias"][...] = 1, 0
    y = norm.forward(*norm.inputs(5))
    np.testing.assert_allclose(y.mean((1, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(y.var((1, 2, 3)), 1, atol=1e-4)


@pytest.mark.parametrize("offset", [1e2, 1e4])
def test_a_large_mean_costs_no_digits_of_the_variance(offset):
    """E[x²] − E[x]² would be 0 or negative here."""
    x = (np.random.default_rng(0).normal(size=(2, 16, 16, 64)) + offset).astype("float32")
    norm = SingleLayer(BatchNorm(momentum=1.0), (2, 16, 16), dtype="float32")
    norm.forward(x)
    expected = x.astype("float64").var((1, 2, 3), ddof=1)
    np.testing.assert_allclose(norm.parameters["running_var"], expected, rtol=1e-4)


@pytest.mark.parametrize("offset", [0.0, 0.7, 1.5, 3.0, 9.0, 30.0, 1e3, 1e4])
@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("pooled", [False, True])
def test_a_large_mean_costs_no_more_digits_than_in_pytorch(offset, fused, pooled):
    """Of outputs, gradient and running statistics in float32, by themselves and behind a convolution."""
    torch = pytest.importorskip("torch")
    channels, batch = 4, 32
    rng = np.random.default_rng(0)
    x = (offset + rng.normal(size=(batch, channels, 8, 8))).astype("float32")
    layers = {"conv": Conv2d(channels, 1, bias=False), "norm": BatchNorm()} | ({"pool": MaxPool2d(2)} if pooled else {})
    graph = models.build(layers, x.shape[1:])
    store = ParameterStore(graph.parameters, "float32")
    store.initialize(lambda name: rng)
    store["conv.weight"][...] = np.eye(channels)[:, :, None, None]  # so that its rounding is not measured
    workspace = Workspace(models.fuse(graph) if fused else graph, store, input_gradients=True)
    dy = rng.normal(size=(batch, *graph.output_shape)).astype("float32")
    step = Step(batch=batch, offset=0, training=True)
    y = workspace.graph.forward(workspace, np.ascontiguousarray(np.moveaxis(x, 0, -1)), step=step)
    (dx,) = workspace.graph.backward(workspace, np.ascontiguousarray(np.moveaxis(dy, 0, -1)))
    ours = [np.moveaxis(y, -1, 0), np.moveaxis(dx, -1, 0), store["norm.running_mean"], store["norm.running_var"]]

    def reference(dtype):
        norm, leaf = torch.nn.BatchNorm2d(channels, dtype=dtype), torch.tensor(x, dtype=dtype, requires_grad=True)
        out = norm(leaf)
        out = torch.nn.functional.max_pool2d(out, 2) if pooled else out
        out.backward(torch.tensor(dy, dtype=dtype))
        return [array.detach().numpy() for array in (out, leaf.grad, norm.running_mean, norm.running_var)]

    names = ("output", "gradient", "mean", "variance")
    references = reference(torch.float32), reference(torch.float64)
    for name, mine, theirs, exact in zip(names, ours, *references, strict=True):
        largest = np.abs(exact).max()
        wrong = [np.abs(array - exact) / max(largest, 1e-2) for array in (mine, theirs)]
        # A window whose largest elements differ by less than rounding may give its gradient to another one.
        worst = [np.quantile(each, 0.99) for each in wrong]
        assert worst[0] <= 1.5 * worst[1] + 3e-7, f"{name}: {worst[0]:.1e}, PyTorch's {worst[1]:.1e}"


def test_many_channels_in_blocks():
    """Wide enough that the passes run over the channels in several blocks."""
    shape, batch = (40, 16, 16), 64
    norm = SingleLayer(BatchNorm(), shape, dtype="float32")
    x, dy = norm.inputs(batch)[0], norm.output_gradient(batch)
    y, dx = norm.forward(x), norm.backward(dy)[0]
    single = SingleLayer(BatchNorm(), (1, 16, 16), dtype="float32")
    for channel in (0, 20, 39):
        for short, array in single.parameters.items():
            array[...] = norm.parameters[short][channel]
        one = slice(channel, channel + 1)
        np.testing.assert_allclose(y[one], single.forward(x[one].copy()), atol=1e-5)
        np.testing.assert_allclose(dx[one], single.backward(dy[one].copy())[0], atol=1e-5)


def test_refuses_one_value_a_channel_in_training():
    norm = SingleLayer(BatchNorm(), (3,))
    with pytest.raises(
        GraphError, match=r"layer: training needs two or more values per channel, got 1; change batch_size"
    ):
        norm.forward(*norm.inputs(1))
    norm.forward(*norm.inputs(1), training=False)


@pytest.mark.parametrize("options", [{"momentum": 1.1}, {"momentum": -0.1}, {"eps": 0.0}])
def test_refuses_bad_options(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        BatchNorm(**options)
