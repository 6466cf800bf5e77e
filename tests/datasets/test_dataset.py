import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.datasets import MNIST, DataError, Examples, Pad, Resize, split


def numbered(count: int) -> Examples:
    """Examples that carry their number as input and as target."""
    return Examples(np.arange(count).reshape(count, 1), np.arange(count))


@given(count=st.integers(1, 60), validation=st.floats(0, 0.99) | st.integers(0, 59), seed=st.integers(0, 2**32 - 1))
def test_split_is_disjoint_complete_and_sorted(count, validation, seed):
    expected = validation if isinstance(validation, int) else round(validation * count)
    if expected >= count:
        with pytest.raises(DataError, match="validation"):
            split(numbered(count), validation, np.random.default_rng(seed))
        return
    rest, drawn = split(numbered(count), validation, np.random.default_rng(seed))
    assert len(drawn) == expected
    assert sorted([*rest.targets, *drawn.targets]) == list(range(count))
    for part in (rest, drawn):
        np.testing.assert_array_equal(part.inputs[:, 0], part.targets)
        assert (np.diff(part.targets) > 0).all()


def test_split_follows_its_generator():
    first, again, other = (split(numbered(100), 0.3, np.random.default_rng(seed))[1].targets for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("validation", [-0.1, 1.0, 1.5, float("nan"), -1, 10])
def test_split_refuses_what_leaves_nothing(validation):
    with pytest.raises(DataError, match=r"^validation: "):
        split(numbered(10), validation, np.random.default_rng(0))


def test_examples_have_one_target_each():
    with pytest.raises(DataError, match="3 inputs but 2 targets"):
        Examples(np.zeros(3), np.zeros(2))


def test_input_shape_follows_the_transforms_without_any_file():
    dataset = MNIST(shape=[1, 28, 28], num_classes=10, transforms={"pad": Pad(2), "resize": Resize([16, 20])})
    assert dataset.input_shape == (1, 16, 20)


def test_class_names_fit_the_number_of_classes():
    assert MNIST(shape=[1, 28, 28], num_classes=10).class_names == tuple("0123456789")
    assert MNIST(shape=[1, 28, 28], num_classes=12).class_names[-2:] == ("10", "11")


@pytest.mark.parametrize(
    "options", [{"mean": [0.1, 0.2]}, {"std": [0.1, 0.2]}, {"std": [0.0]}, {"std": [-1.0]}, {"std": [float("inf")]}]
)
def test_normalisation_must_fit(options):
    with pytest.raises(ValueError, match=rf"^{next(iter(options))}: "):
        MNIST(shape=[1, 28, 28], num_classes=10, **options)
