"""The worth of columns."""

from trainer.pages.report.columns import REPEATS, columns, importance


def test_the_price_follows_from_the_area(prices):
    worth, rows = importance(prices.predictions, "mae")
    assert rows == len(prices.predictions.targets)
    assert worth.keys() == {"area", "rooms", "kind", "place", "garden", "built"}
    assert worth["area"].mean() == max(each.mean() for each in worth.values()) > 0
    assert {len(each) for each in worth.values()} == {REPEATS}


def test_it_is_the_same_every_time(prices):
    one, other = (columns(prices).charts["columns-worth"] for _ in range(2))
    assert one == other
    assert one["data"]["values"][0]["column"] == "area"


def test_pictures_have_no_columns(digits):
    assert columns(digits) is None
