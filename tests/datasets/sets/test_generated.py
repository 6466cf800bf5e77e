"""Sets that are computed."""

import numpy as np
import pytest

from trainer.datasets import Circles, Moons, Sine, Spirals, Xor

PLANES = [Moons, Circles, Spirals, Xor]
each = pytest.mark.parametrize("kind", PLANES)


@each
def test_two_classes_of_points_in_a_plane(kind):
    train, test = kind(examples=401, num_classes=2).read()
    for part in (train, test):
        assert part.inputs.shape == (401, 2)
        assert (part.inputs.dtype, part.targets.dtype) == (np.float32, np.int64)
        assert abs(np.bincount(part.targets)[0] - 200.5) < 1
    assert not np.array_equal(train.inputs, test.inputs)


@pytest.mark.parametrize("kind", [*PLANES, Sine])
def test_the_seed_alone_decides(kind):
    first, again, other = (kind(5, seed=seed, num_classes=kind.classes).read()[0].inputs for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_each_shape_is_what_its_name_says():
    def classes(kind):
        train, _ = kind(500, noise=0.0, num_classes=2).read()
        return [train.inputs[train.targets == label].T.astype(np.float64) for label in (0, 1)]

    for (x, y), radius in zip(classes(Circles), (1, 0.5), strict=True):
        np.testing.assert_allclose(np.hypot(x, y), radius, rtol=1e-6)
    for (x, y), middle, side in zip(classes(Moons), ((-0.5, -0.25), (0.5, 0.25)), (1, -1), strict=True):
        np.testing.assert_allclose(np.hypot(x - middle[0], y - middle[1]), 1, rtol=1e-6)
        assert (side * (y - middle[1]) >= 0).all()
    for (x, y), sign in zip(classes(Xor), (1, -1), strict=True):
        assert (sign * x * y > 0).all()
    for (x, y), turn in zip(classes(Spirals), (0, np.pi), strict=True):
        radius = np.hypot(x, y)
        angle = 3 * np.pi * radius + turn
        np.testing.assert_allclose([x, y], [radius * np.cos(angle), radius * np.sin(angle)], atol=1e-5)


def test_noise_moves_the_points():
    still, moved = (Circles(2000, noise, num_classes=2).read()[0] for noise in (0.0, 0.1))
    spread = np.hypot(*moved.inputs.T)[moved.targets == 0].std()
    assert 0.08 < spread < 0.12
    assert np.hypot(*still.inputs.T)[still.targets == 0].std() < 1e-6


def test_a_sine():
    train, _ = Sine(200, noise=0.0).read()
    assert train.inputs.shape == train.targets.shape == (200, 1)
    np.testing.assert_allclose(train.targets, np.sin(train.inputs), atol=1e-6)
    noisy, _ = Sine(2000, noise=0.2).read()
    assert 0.18 < (noisy.targets - np.sin(noisy.inputs)).std() < 0.22


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"examples": 1}, r"examples: 1 is not in \[2, 10000000\]"),
        ({"examples": 10**11}, r"examples: 100000000000 is not in \[2, 10000000\]"),
        ({"seed": -1}, r"seed: -1 is not in \[0, inf\)"),
        ({"noise": float("inf")}, r"noise: inf is not in \[0, inf\)"),
        ({"noise": -1}, r"noise: -1 is not in \[0, inf\)"),
        ({"num_classes": 3}, "num_classes: 3 is not 2, that of moons"),
    ],
)
def test_options_out_of_range(options, problem):
    with pytest.raises(ValueError, match=problem):
        Moons(**{"num_classes": 2} | options)
