"""The layers, and what happened in them."""

from dataclasses import replace

from trainer.engine.machine import processor
from trainer.pages.report.layers import gradients, layers, units, updates


def test_the_table_counts_parameters(digits):
    body = layers(digits).body
    assert "<td>norm1</td><td>BatchNorm</td><td>16</td>" in body
    assert f"{sum(row.parameters for row in digits.table):,}" in body


def test_layers_that_are_computed_as_one_have_one_time(writer):
    body = layers(writer).body
    rows = [row for row in body.split("<tr>") if row.startswith("<td>")]
    times = {row[4 : row.index("</td>")]: (row.count("rowspan=2>"), row.count("<td")) for row in rows}
    assert (times["fc1"], times["act1"]) == ((3, 8), (0, 5))
    assert times["head"] == times["total"] == (0, 8)
    assert f"measured when this page was written, on one core of {processor()}" in body
    assert "backward" not in layers(replace(writer, status="running")).body


def test_without_a_network_the_written_table_is_shown(digits):
    assert "<pre>conv1 &lt;</pre>" in layers(replace(digits, network=None, model="conv1 <\n")).body
    assert layers(replace(digits, network=None)) is None


def test_gradients_and_updates_by_layer_and_epoch(digits):
    for section in (gradients(digits), updates(digits)):
        by_layer, by_epoch = section.charts.values()
        names = list(dict.fromkeys(row["layer"] for row in by_layer["data"]["values"]))
        assert names == ["fc1", "norm1", "head"]
        assert [row["epoch"] for row in by_epoch["data"]["values"]] == [0, 1, 2, 3]
        assert "Epoch 0 is the first step" in section.body


def test_dead_and_saturated_units_where_there_are_some(digits):
    rows = [{"epoch": 1, "layer": "act1", "kind": "ReLU", "dead": 0.4, "saturated": None}]
    section = units(replace(digits, layers=rows))
    assert [*section.charts] == ["units-dead"]
    assert units(replace(digits, layers=[row | {"dead": 0.0} for row in rows])) is None
    assert gradients(replace(digits, layers=[])) is None
