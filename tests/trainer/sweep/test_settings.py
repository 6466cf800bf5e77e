"""Settings: jobs that differ in their seed only."""

import pytest

from trainer.sweep.settings import mean_and_deviation


@pytest.mark.parametrize(
    ("numbers", "text"), [([0.5], "0.5000"), ([0.5, 0.7], "0.6000 ± 0.1414"), ([1.0, 1.0], "1.0000 ± 0.0000")]
)
def test_mean_and_deviation(numbers, text):
    assert mean_and_deviation(numbers) == text
