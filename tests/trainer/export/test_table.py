"""Graphs of a table's networks, fed as their description says."""

import datetime
import json

import numpy as np
import pytest

from tests.helpers import tables
from tests.helpers.runs import make_run
from trainer import load
from trainer.export import ExportError, export

pytest.importorskip("polars")
pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
ROWS = tables.houses(150)


def made(folder, target, rows, *more):
    file = tables.write(folder / "houses.csv", rows)
    return load(make_run(folder / "run", *tables.TABLE, f"data.file={file}", f"data.target={target}", *more))


def value(text, how):
    """What a graph takes for a field of a CSV file."""
    if not text:
        return np.nan
    if how == "days since 1970-01-01":
        return (datetime.date.fromisoformat(text) - datetime.date(1970, 1, 1)).days
    return {"yes": 1, "no": 0}[text] if how == "1 for yes, 0 for no" else float(text)


def fed(description, rows):
    """The inputs of a graph with preprocessing for rows of texts, by its description alone."""
    feeds = {}
    if columns := description["inputs"].get("numbers"):
        feeds["numbers"] = np.array([[value(row[c["column"]], c["value"]) for c in columns] for row in rows], float)
    if columns := description["inputs"].get("categories"):
        places = [{level: place for place, level in enumerate(c["levels"])} for c in columns]
        chosen = [[at.get(row[c["column"]], 0) for c, at in zip(columns, places, strict=True)] for row in rows]
        feeds["categories"] = np.array(chosen, np.int64)
    return feeds


@pytest.mark.parametrize("left_out", [(), ("place",), ("kind", "place"), ("area", "rooms", "garden", "built")])
def test_a_program_that_reads_the_description_gets_prices(tmp_path, left_out):
    """Missing values and levels that training has not seen among them, and a column called like an input."""
    rows = tables.without(ROWS, "dear", *left_out)
    if "area" not in left_out:
        rows = [{"area=(missing)": old["rooms"], **row} for row, old in zip(rows, ROWS, strict=True)]
    network = made(tmp_path, "price", rows)
    about = export(network, tmp_path / "model.onnx", preprocessing=True)
    assert about["columns"] == str(tmp_path / "model.json")
    assert about["difference"] <= 1e-5
    new = [row | {"place": "Atlantis"} for row in rows[:20]] if "place" not in left_out else rows[:20]
    description = json.loads((tmp_path / "model.json").read_text())
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    (prices,) = session.run(None, fed(description, new))
    np.testing.assert_allclose(prices, network.predict(tables.write(tmp_path / "new.csv", new)), rtol=1e-5)
    assert prices.std() > 1000
    assert description["output"] == {"columns": ["price"], "problem": "regression", "classes": []}
    metadata = session.get_modelmeta().custom_metadata_map
    assert json.loads(metadata["table"]) == description


def test_without_preprocessing_the_graph_takes_what_was_computed(tmp_path):
    network = made(tmp_path, "dear", tables.without(ROWS, "price"))
    export(network, tmp_path / "model.onnx")
    description = json.loads((tmp_path / "model.json").read_text())
    assert description["inputs"]["input"] == network.dataset.features.names
    (place,) = description["inputs"]["categories"]
    assert (place["column"], place["levels"][:2]) == ("place", ["(other)", "P00"])
    assert description["output"]["classes"] == ["cheap", "dear"]
    inputs = network.prepare(tmp_path / "houses.csv")
    (logits,) = onnxruntime.InferenceSession(tmp_path / "model.onnx").run(None, inputs)
    np.testing.assert_allclose(logits, network.run(inputs), rtol=1e-4, atol=1e-5)


def test_quantiles_are_refused_with_preprocessing_alone(tmp_path):
    network = made(tmp_path, "dear", tables.without(ROWS, "price"), "data.quantiles=true")
    with pytest.raises(ExportError, match=r"model.onnx: column area is brought to a normal distribution .*; leave out"):
        export(network, tmp_path / "model.onnx", preprocessing=True)
    assert not list(tmp_path.glob("model.*"))
    export(network, tmp_path / "model.onnx")
