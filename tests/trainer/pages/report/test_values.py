"""Predictions of values, in the user's units."""

import numpy as np
import pytest

from trainer.pages.report.values import predictions, residuals


def test_points_are_in_the_units_of_the_table(prices):
    section = predictions(prices)
    rows = section.charts["predicted-0"]["data"]["values"]
    mae = np.mean([abs(row["target"] - row["predicted"]) for row in rows])
    assert mae == pytest.approx(prices.result["test"]["mae"], rel=1e-4)
    assert "price" in section.body


def test_residuals_are_what_is_left(prices):
    charts = residuals(prices).charts
    rows = predictions(prices).charts["predicted-0"]["data"]["values"]
    left = charts["residuals-0"]["data"]["values"]
    assert [row["error"] for row in left] == pytest.approx([row["predicted"] - row["target"] for row in rows])
    assert sum(row["count"] for row in charts["errors-0"]["data"]["values"]) == len(rows)


def test_classes_have_neither(digits):
    assert predictions(digits) is None
    assert residuals(digits) is None
