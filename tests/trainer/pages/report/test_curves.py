"""Charts of the figures over the epochs."""

from dataclasses import replace

from trainer.pages.report.curves import curves


def test_a_chart_for_each_metric_and_the_rate(digits):
    section = curves(digits)
    assert [*section.charts] == ["curve-loss", "curve-accuracy", "curve-lr"]
    rows = section.charts["curve-accuracy"]["data"]["values"]
    assert [row["val"] for row in rows] == digits.history["val_accuracy"]
    assert f"The dashed line is epoch {digits.kept}" in section.body


def test_before_the_first_epoch_there_are_none(digits):
    assert curves(replace(digits, history={})) is None
