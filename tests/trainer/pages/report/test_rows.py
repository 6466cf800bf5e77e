"""From a network's inputs back to the rows of the table."""

import csv

from tests.helpers import tables
from tests.helpers.runs import composed
from trainer.datasets import Dataset
from trainer.ground.targets import instantiate
from trainer.pages.report.predictions import inputs_of
from trainer.pages.report.rows import places_of, table_rows


def test_every_cell_is_found_again(tmp_path):
    file = tables.write(tmp_path / "houses.csv", tables.houses(150))
    config = composed(*tables.TABLE, f"data.file={file}", "data.target=price", "data.test=0")
    dataset = instantiate(config["data"], Dataset, "data")
    everything = dataset.load(0, None).train
    header, rows = table_rows(dataset, inputs_of(everything, range(len(everything))))
    with file.open() as opened:
        wanted = [*csv.DictReader(opened)]
    for row, there in zip(rows, wanted, strict=True):
        found = dict(zip(header, row, strict=True))
        area = f"{float(there['area']):g}" if there["area"] else "(missing)"
        assert found == {name: there[name] for name in header} | {"area": area}


def test_the_inputs_of_each_column(prices):
    places = places_of(prices.network.dataset)
    assert places["place"] == ("categories", slice(0, 1))
    assert places["area"] == ("input", slice(0, 2))
