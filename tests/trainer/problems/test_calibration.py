"""Whether probabilities can be believed."""

import numpy as np
import pytest

from trainer.problems import calibration


def test_bins_and_error_by_hand():
    found = calibration(np.array([0.15, 0.2, 0.95, 0.85, 0.85]), np.array([False, True, True, True, False]), bins=5)
    assert found.counts.tolist() == [2, 0, 0, 0, 3]
    np.testing.assert_allclose(found.claimed, [0.175, *[np.nan] * 3, 2.65 / 3])
    np.testing.assert_allclose(found.true, [0.5, *[np.nan] * 3, 2 / 3])
    assert found.error == pytest.approx((2 * 0.325 + 3 * (2.65 - 2) / 3) / 5)


def test_bins_are_those_of_scikit_learn():
    curve = pytest.importorskip("sklearn.calibration").calibration_curve
    rng = np.random.default_rng(0)
    probabilities = rng.random(300)
    outcomes = rng.random(300) < probabilities**2
    true, claimed = curve(outcomes, probabilities, n_bins=7)
    found = calibration(probabilities, outcomes, bins=7)
    np.testing.assert_allclose((found.true, found.claimed), (true, claimed))


def test_what_says_what_happens_is_calibrated():
    rng = np.random.default_rng(0)
    probabilities = rng.random(100_000)
    assert calibration(probabilities, rng.random(100_000) < probabilities).error < 0.01


def test_certain_and_impossible_claims_and_none():
    found = calibration(np.array([0.0, 1.0]), np.array([False, True]))
    assert (found.counts[0], found.counts[-1], found.error) == (1, 1, 0)
    assert calibration(np.array([np.nan]), np.array([True])) is None
    assert calibration(np.zeros(0), np.zeros(0, bool)) is None
