"""Specifications of charts."""

import json

from trainer.pages.report.charts import finite, lines, powers, spans, thinned
from trainer.pages.report.section import Series

SERIES = [Series("train", "training", "--grey"), Series("val", "validation", "--blue", shown=False)]


def test_what_is_not_finite_is_left_out_and_the_rest_is_strict_json():
    spec = lines([{"epoch": 1, "train": float("nan"), "val": 2}, {"epoch": 2, "train": 1.0}], SERIES, "Loss")
    assert spec["data"]["values"] == [{"epoch": 1, "train": None, "val": 2}, {"epoch": 2, "train": 1, "val": None}]
    assert spec["params"][0]["value"] == ["train"]
    json.dumps(spec, allow_nan=False)
    assert [finite(value) for value in (None, float("inf"), 2)] == [None, None, 2]


def test_values_far_apart_are_on_a_logarithmic_axis():
    rows = [{"epoch": epoch, "train": 10.0**-epoch, "val": None} for epoch in range(1, 4)]
    assert lines(rows, SERIES, "Loss")["encoding"]["y"]["scale"]["type"] == "log"
    assert not spans([0.5, 1.0])
    assert not spans([0.0, 1.0])
    assert powers([0.02, 30])["values"] == [0.01, 0.1, 1, 10, 100]
    assert powers([1, 60, -2, None]) == powers([1, 60])  # of a damaged file
    assert powers([1, 60])["values"] == [1, 2, 5, 10, 20, 50, 100, 200, 500]
    assert powers([3e-7, 0.2])["labelExpr"].startswith('["10⁻⁷", "10⁻⁶", "10⁻⁵", "10⁻⁴", "0.001", "0.01", "0.1", "1"][')


def test_many_points_are_thinned():
    kept = thinned(range(10_000), 11)
    assert (kept[0], kept[-1], len(kept)) == (0, 9999, 11)
