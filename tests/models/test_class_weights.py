"""Weights of classes against PyTorch, finite differences and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.test_losses import EPS, LABELS, ONE_HOT, VECTORS, evaluate, problem
from trainer.models import GraphError
from trainer.models.losses import BinaryCrossEntropy, ClassWeighted, CrossEntropy, Focal

kinds = st.sampled_from([LABELS, ONE_HOT, VECTORS])
sizes, seeds = st.integers(1, 9), st.integers(0, 2**16)
makers = st.sampled_from(
    [
        CrossEntropy,
        lambda class_weights: CrossEntropy(0.1, class_weights),
        lambda class_weights: Focal(2.0, class_weights),
        BinaryCrossEntropy,
    ]
)


def drawn(classes: int, seed: int) -> list[float]:
    return np.random.default_rng(seed).choice([0.0, 0.3, 1.0, 2.5], classes).tolist()


def by_torch(loss: ClassWeighted, outputs: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
    """The sum of its weighted losses by the number of examples, not by their weights, and the gradient."""
    torch = pytest.importorskip("torch")
    functional, z = torch.nn.functional, torch.tensor(outputs.T, requires_grad=True)
    w, t = torch.tensor(loss.class_weights, dtype=z.dtype), torch.tensor(targets.T)
    vectors = functional.one_hot(t, len(outputs)).to(z.dtype) if t.ndim == 1 else t
    if isinstance(loss, CrossEntropy):
        value = functional.cross_entropy(z, t, weight=w, label_smoothing=loss.label_smoothing, reduction="sum")
    elif isinstance(loss, BinaryCrossEntropy):
        value = functional.binary_cross_entropy_with_logits(z, vectors, pos_weight=w, reduction="sum") / len(outputs)
    else:
        log_p = torch.log_softmax(z, dim=1)
        value = -(w * vectors * (1 - log_p.exp()) ** loss.gamma * log_p).sum()
    (value / len(z)).backward()
    return value.item() / len(z), z.grad.numpy().T


@given(makers, kinds, sizes, sizes, seeds)
def test_equals_pytorch(make, kind, classes, batch, seed):
    loss, (outputs, targets) = make(class_weights=drawn(classes, seed)), problem(kind, classes, batch, seed)
    value, gradient = evaluate(loss, outputs, targets)
    expected, expected_gradient = by_torch(loss, outputs, targets)
    np.testing.assert_allclose(value, expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-9, atol=1e-12)


@given(makers, kinds, st.integers(1, 4), st.integers(1, 3), seeds)
def test_gradient_equals_finite_differences(make, kind, classes, batch, seed):
    loss, (outputs, targets) = make(class_weights=drawn(classes, seed)), problem(kind, classes, batch, seed)
    _, gradient = evaluate(loss, outputs, targets)
    for index in np.ndindex(outputs.shape):
        moved = np.zeros_like(outputs)
        moved[index] = EPS
        high, low = (evaluate(loss, outputs + sign * moved, targets)[0] for sign in (1, -1))
        assert gradient[index] == pytest.approx((high - low) / (2 * EPS), rel=1e-6, abs=1e-8)


@given(makers, kinds, sizes, sizes, seeds)
def test_weights_of_one_change_nothing(make, kind, classes, batch, seed):
    outputs, targets = problem(kind, classes, batch, seed)
    plain, ones = (evaluate(make(class_weights=w), outputs, targets) for w in (None, [1.0] * classes))
    assert ones[0] == pytest.approx(plain[0])
    np.testing.assert_allclose(ones[1], plain[1], atol=1e-15)


def test_balanced_weights_equal_those_of_scikit_learn():
    utilities = pytest.importorskip("sklearn.utils.class_weight")
    labels = np.repeat([0, 1, 2, 4], [30, 5, 1, 64])
    expected = utilities.compute_class_weight("balanced", classes=np.unique(labels), y=labels)
    found = CrossEntropy.balanced(np.bincount(labels), len(labels))
    np.testing.assert_allclose(found, np.insert(expected, 3, 1.0))
    assert found[labels].mean() == pytest.approx(1)


def test_balanced_labels_count_as_much_where_they_apply_as_where_not():
    assert BinaryCrossEntropy.balanced(np.array([5, 20, 0, 25]), 25).tolist() == [4, 0.25, 1, 1]


@pytest.mark.parametrize("bad", [-1.0, np.inf, np.nan])
def test_weights_out_of_range_are_refused(bad):
    with pytest.raises(ValueError, match=r"class_weights: \[1.0, .*\] has a weight that is not in \[0, inf\)"):
        Focal(class_weights=[1.0, bad])


def test_weights_of_other_classes_are_refused():
    with pytest.raises(GraphError, match="2 weights for 3 classes; give one for each") as caught:
        CrossEntropy(class_weights=[1.0, 2.0]).check((3,), 3)
    assert caught.value.key == "loss.class_weights"
