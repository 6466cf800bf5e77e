"""The reliability diagram."""

import pytest

from trainer.pages.report.calibration import calibration


def test_the_bars_are_the_shares_that_are_right(digits):
    found = digits.predictions
    rows = calibration(digits).charts["reliability"]["data"]["values"]
    assert sum(row["count"] for row in rows) == len(found.labels)
    right = sum(row["true"] * row["count"] for row in rows if row["count"])
    assert right == pytest.approx((found.predicted == found.labels).sum())


def test_values_claim_nothing(prices):
    assert calibration(prices) is None
