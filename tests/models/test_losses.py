"""Losses against PyTorch, finite differences and the textbooks' numbers."""

import math
import tracemalloc
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer import models
from trainer.models import Context, GraphError, ParameterStore, Step, Workspace
from trainer.models.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    ExpressionLoss,
    Focal,
    HalfSquaredError,
    Huber,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
)

EPS = 1e-5
LABELS, ONE_HOT, MIXED, VECTORS = "labels", "one_hot", "mixed", "vectors"

losses = st.one_of(
    st.builds(CrossEntropy, st.sampled_from([0.0, 0.1, 0.5, 1.0])),
    st.builds(MeanSquaredError),
    st.builds(HalfSquaredError),
    st.builds(BinaryCrossEntropy),
    st.builds(MeanAbsoluteError),
    st.builds(Huber, st.sampled_from([0.5, 1.0, 3.0])),
    st.builds(Focal, st.sampled_from([0.0, 1.0, 2.0])),
)
kinds = st.sampled_from([LABELS, ONE_HOT, MIXED, VECTORS])
sizes = st.integers(1, 12)
seeds = st.integers(0, 2**16)
every_loss = pytest.mark.parametrize(
    "loss",
    [
        CrossEntropy(0.1),
        MeanSquaredError(),
        HalfSquaredError(),
        BinaryCrossEntropy(),
        MeanAbsoluteError(),
        Huber(),
        Focal(),
    ],
)


def context(batch: int, dtype: str = "float64", whole: int | None = None, offset: int = 0) -> Context:
    """The context of the loss for a shard of ``batch`` examples out of ``whole``."""
    workspace = Workspace(None, ParameterStore({}, dtype))
    workspace.step = Step(batch=whole or batch, offset=offset, training=True)
    return workspace.loss_context(batch)


def problem(kind: str, classes: int, batch: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Outputs (K, N) and targets; as vectors they neither sum to one nor are positive."""
    rng = np.random.default_rng(seed)
    outputs, labels = rng.normal(0, 3, (classes, batch)), rng.integers(0, classes, batch)
    one_hot, share = np.eye(classes)[:, labels], rng.uniform(size=batch)
    mixed = share * one_hot + (1 - share) * rng.permutation(one_hot, axis=1)  # as by mixup
    vectors = {LABELS: labels, ONE_HOT: one_hot, MIXED: mixed, VECTORS: rng.normal(size=(classes, batch))}
    return outputs, vectors[kind]


@cache
def many_examples() -> tuple[np.ndarray, np.ndarray]:
    return problem(LABELS, 3, 200_000, seed=0)


def evaluate(loss: Loss, outputs: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean loss over the batch and its gradient."""
    ctx = context(outputs.shape[1], outputs.dtype)
    return loss.forward(ctx, outputs, targets) / outputs.shape[1], loss.backward(ctx)


def evaluate_torch(loss: Loss, outputs: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
    torch = pytest.importorskip("torch")
    z = torch.tensor(outputs.T, requires_grad=True)
    t = torch.tensor(targets.T.astype(np.int64 if targets.ndim == 1 else outputs.dtype))
    if isinstance(loss, CrossEntropy):
        value = torch.nn.functional.cross_entropy(z, t, label_smoothing=loss.label_smoothing)
    else:
        t = torch.nn.functional.one_hot(t, len(outputs)).to(z.dtype) if t.ndim == 1 else t
        value = torch.nn.functional.mse_loss(z, t)
        if isinstance(loss, BinaryCrossEntropy):
            value = torch.nn.functional.binary_cross_entropy_with_logits(z, t)
        if isinstance(loss, MeanAbsoluteError):
            value = torch.nn.functional.l1_loss(z, t)
        if isinstance(loss, Huber):
            value = torch.nn.functional.huber_loss(z, t, delta=loss.delta)
        if isinstance(loss, Focal):
            log_p = torch.log_softmax(z, dim=1)
            value = -(t * (1 - log_p.exp()) ** loss.gamma * log_p).sum() / len(z)
        if isinstance(loss, HalfSquaredError):
            value = 0.5 * torch.nn.functional.mse_loss(z, t, reduction="sum") / len(z)
    value.backward()
    return value.item(), z.grad.numpy().T


@given(losses, kinds, sizes, sizes, seeds)
def test_equals_pytorch(loss, kind, classes, batch, seed):
    outputs, targets = problem(kind, classes, batch, seed)
    value, gradient = evaluate(loss, outputs, targets)
    expected, expected_gradient = evaluate_torch(loss, outputs, targets)
    np.testing.assert_allclose(value, expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-9, atol=1e-12)


@given(losses, kinds, sizes, sizes, seeds)
def test_equals_pytorch_in_float32(loss, kind, classes, batch, seed):
    outputs, targets = problem(kind, classes, batch, seed)
    outputs = outputs.astype(np.float32)
    value, gradient = evaluate(loss, outputs, targets)
    expected, expected_gradient = evaluate_torch(loss, outputs, targets)
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-4, atol=1e-6)


@given(losses, kinds, st.integers(1, 6), st.integers(1, 4), seeds)
def test_gradient_equals_finite_differences(loss, kind, classes, batch, seed):
    outputs, targets = problem(kind, classes, batch, seed)
    _, gradient = evaluate(loss, outputs, targets)
    numeric = np.empty_like(outputs)
    for index in np.ndindex(outputs.shape):
        moved = [outputs.copy(), outputs.copy()]
        moved[0][index] += EPS
        moved[1][index] -= EPS
        high, low = (evaluate(loss, z, targets)[0] for z in moved)
        numeric[index] = (high - low) / (2 * EPS)
    np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-8)


@given(losses, kinds, sizes, st.integers(2, 20), st.integers(1, 5), seeds)
def test_shards_add_up_to_the_whole(loss, kind, classes, batch, shards, seed):
    outputs, targets = problem(kind, classes, batch, seed)
    whole, gradient = evaluate(loss, outputs, targets)
    total, parts = 0.0, []
    for places in np.array_split(np.arange(batch), shards):  # a shard may be empty
        ctx = context(len(places), whole=batch, offset=int(places[0]) if len(places) else batch)
        total += loss.forward(ctx, outputs[:, places], targets[..., places])
        parts.append(loss.backward(ctx))
    np.testing.assert_allclose(total / batch, whole, rtol=1e-12)
    np.testing.assert_allclose(np.concatenate(parts, axis=1), gradient, rtol=1e-12)


@given(losses, sizes, sizes, seeds)
def test_a_label_is_its_one_hot_vector(loss, classes, batch, seed):
    by_label, by_vector = (evaluate(loss, *problem(kind, classes, batch, seed)) for kind in (LABELS, ONE_HOT))
    np.testing.assert_allclose(by_label[0], by_vector[0], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(by_label[1], by_vector[1], rtol=1e-12, atol=1e-15)


@given(losses, kinds, sizes, sizes, seeds, st.sampled_from(["float32", "float64"]))
def test_arguments_are_left_alone_and_dtype_is_kept(loss, kind, classes, batch, seed, dtype):
    outputs, targets = problem(kind, classes, batch, seed)
    outputs = outputs.astype(dtype)
    outputs.flags.writeable = targets.flags.writeable = False
    value, gradient = evaluate(loss, outputs, targets)
    assert type(value) is float
    assert gradient.dtype == dtype
    assert gradient.shape == outputs.shape


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cross_entropy_of_extreme_logits_is_exact(dtype):
    outputs = np.array([[1e4, -1e4, 1e4], [-1e4, 1e4, 1e4]], dtype)
    value, gradient = evaluate(CrossEntropy(), outputs, np.array([0, 0, 1]))
    assert value == pytest.approx((0 + 2e4 + math.log(2)) / 3)
    np.testing.assert_allclose(gradient * 3, [[0, -1, 0.5], [0, 1, -0.5]])


@pytest.mark.parametrize("gamma", [0.5, 1, 2])
def test_focal_loss_of_extreme_logits_is_exact(gamma):
    outputs = np.array([[1e4, -1e4, 1e4], [-1e4, 1e4, 1e4]])
    value, gradient = evaluate(Focal(gamma), outputs, np.array([0, 0, 1]))
    assert value == pytest.approx((0 + 2e4 + 0.5**gamma * math.log(2)) / 3)
    even = 0.5**gamma * (1 + gamma * math.log(2)) / 2
    np.testing.assert_allclose(gradient * 3, [[0, -1, even], [0, 1, -even]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_huber_is_squared_near_the_target_and_absolute_far_from_it(dtype):
    outputs, targets = np.array([[0.5, 4.0]], dtype), np.array([[0.0, 0.0]], dtype)
    value, gradient = evaluate(Huber(2.0), outputs, targets)
    assert value == pytest.approx((0.5**2 / 2 + 2 * (4 - 1)) / 2)
    np.testing.assert_allclose(gradient * 2, [[0.5, 2.0]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_binary_cross_entropy_of_extreme_logits_is_exact(dtype):
    outputs = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 0]], dtype)
    targets = np.array([[1, 1, 1], [0, 0, 0]], dtype)
    value, gradient = evaluate(BinaryCrossEntropy(), outputs, targets)
    assert value == pytest.approx((0 + 2e4 + 2 * math.log(2)) / 6)
    np.testing.assert_allclose(gradient * 6, [[0, -1, -0.5], [0, 1, 0.5]])


@every_loss
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_outputs_that_are_no_numbers_give_such_a_loss(loss, bad):
    outputs = np.zeros((3, 4), np.float32)
    outputs[1, 2] = bad
    with np.errstate(all="ignore"):
        value, gradient = evaluate(loss, outputs, np.zeros(4, np.int64))
    assert not math.isfinite(value)
    assert np.isfinite(gradient[:, [0, 1, 3]]).all()  # the other examples are what they were


@pytest.mark.parametrize("poison", "1", indirect=True)
@every_loss
def test_float32_sums_many_examples_without_losing_digits(loss):
    outputs, labels = many_examples()
    exact, _ = evaluate(loss, outputs, labels)
    assert evaluate(loss, outputs.astype(np.float32), labels)[0] == pytest.approx(exact, rel=1e-6)


@every_loss
def test_a_step_allocates_nothing(loss):
    outputs, labels = problem(LABELS, 10, 4096, seed=0)
    ctx = context(4096)
    loss.forward(ctx, outputs, labels), loss.backward(ctx)
    tracemalloc.start()
    loss.forward(ctx, outputs, labels), loss.backward(ctx)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < outputs.nbytes / 2


def test_a_perfect_fit_has_the_loss_zero_without_a_sign():
    value, _ = evaluate(CrossEntropy(), np.array([[1e3], [0]]), np.array([0]))
    assert math.copysign(1, value) == 1


def test_textbook_values():
    """Deep Learning from Scratch, section 4.2: the digit is a 2."""
    y = np.array([0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0])[:, None]
    assert evaluate(HalfSquaredError(), y, np.array([2]))[0] == pytest.approx(0.0975)
    logits = np.log(y + 1e-7)
    assert evaluate(CrossEntropy(), logits, np.array([2]))[0] == pytest.approx(0.510825457, abs=1e-5)


@pytest.mark.parametrize(
    ("loss", "output", "num_classes", "message"),
    [
        (
            CrossEntropy(), (8,), 10,
            "the network gives 8 outputs but the data has 10 classes; "
            "set out_features of its last layer to auto",
        ),
        (
            CrossEntropy(), (1,), None,
            "CrossEntropy needs classes, but the data has none; choose another loss, e.g. loss=mse",
        ),
        (
            CrossEntropy(), (10, 1, 1), 10,
            "the network gives 10x1x1 but the loss needs a vector; end it with models.Linear",
        ),
        (
            MeanSquaredError(), (8,), 10,
            "the network gives 8 outputs but the data has 10 classes; "
            "set out_features of its last layer to auto",
        ),
        (
            MeanSquaredError(), (3, 4, 4), None,
            "the network gives 3x4x4 but the loss needs a vector; end it with models.Linear",
        ),
    ],
)  # fmt: skip
def test_check_names_problem_and_remedy(loss, output, num_classes, message):
    with pytest.raises(GraphError) as caught:
        loss.check(output, num_classes)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("loss", "num_classes"), [(CrossEntropy(), 10), (MeanSquaredError(), 10), (HalfSquaredError(), None)]
)
def test_check_accepts_what_fits(loss, num_classes):
    loss.check((10,), num_classes)


@every_loss
def test_targets_of_another_length_are_refused_instead_of_broadcast(loss):
    with pytest.raises(GraphError, match=r"gives 3 outputs but the targets have 1; set out_features .* to 1"):
        loss.forward(context(4), np.zeros((3, 4)), np.zeros((1, 4)))


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
def test_label_smoothing_out_of_range_is_refused(share):
    with pytest.raises(ValueError, match=r"label_smoothing: .* is not in"):
        CrossEntropy(share)


ENDS = {
    "softmax": ("Softmax", "Sigmoid", "Tanh"),
    "sigmoid": ("Softmax", "Sigmoid", "Tanh", "ReLU", "Softplus"),
    "": (),
}


@pytest.mark.parametrize("end", ["Softmax", "Sigmoid", "Tanh", "ReLU", "Softplus", "GELU"])
@pytest.mark.parametrize(
    ("loss", "activation"),
    [
        (CrossEntropy(), "softmax"),
        (Focal(), "softmax"),
        (ExpressionLoss("-t * log_softmax(y)"), "softmax"),
        (BinaryCrossEntropy(), "sigmoid"),
        (ExpressionLoss("(sigmoid( y ) - t) ** 2"), "sigmoid"),
        (ExpressionLoss("-t * log(y)"), ""),
        (MeanSquaredError(), ""),
        (HalfSquaredError(), ""),
        (Huber(), ""),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Loss) else value,
)
def test_a_network_that_ends_in_what_the_loss_applies_itself(loss, activation, end):
    """Also where a layer that changes no values stands behind it."""
    for behind in ({}, {"flat": models.Flatten(), "drop": models.Dropout(0.1)}):
        graph = models.build({"head": models.Linear(3), "end": getattr(models, end)(), **behind}, (4,))
        if end in ENDS[activation]:
            with pytest.raises(GraphError, match=f"applies the {activation} itself, but the network ends in {end}; "):
                loss.check_end(graph)
        else:
            loss.check_end(graph)
    loss.check_end(models.build({"end": getattr(models, end)(), "head": models.Linear(3)}, (4,)))
