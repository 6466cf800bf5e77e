"""The worst mistakes."""

from dataclasses import replace

import numpy as np

from trainer.pages.report.mistakes import mistakes


def test_the_largest_losses_come_first(digits):
    found = digits.predictions
    losses = found.problem.example_losses(found.outputs, found.targets)
    worst = [int(each) for each in np.argsort(-losses) if found.predicted[each] != found.labels[each]][:24]
    items = mistakes(digits).data["mistakes"]["items"]
    assert [item["number"] for item in items] == worst
    assert not any(item["right"] for item in items)


def test_of_values_those_far_off(prices):
    data = mistakes(prices).data["mistakes"]
    assert (data["kind"], len(data["rows"])) == ("rows", 12)
    assert data["header"][0] == "area"
    assert set(data["items"][0]) == {"number", "place", "true", "predicted"}
    file = prices.network.dataset.rows()
    for item, row in zip(data["items"], data["rows"], strict=True):
        area = file["area"][int(item["place"].removeprefix("row ")) - 1]
        assert row[0] == ("(missing)" if area is None else f"{float(area):,g}")


def test_a_running_run_has_none_yet(digits):
    assert mistakes(replace(digits, status="running")) is None
