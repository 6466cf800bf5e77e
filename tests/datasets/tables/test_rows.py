"""Rows of a table whose target is ignored."""

import numpy as np
import pytest

from tests.helpers import tables
from tests.helpers.runs import composed
from trainer.datasets import DataError
from trainer.engine.setup import Setup


@pytest.mark.parametrize(("target", "ignored"), [("kind", "loft"), ("rooms", "3"), ("rooms", "-1.0")])
def test_rows_with_an_ignored_target_are_in_no_part(tmp_path, target, ignored, caplog):
    rows = tables.houses(120)
    for row in rows[::10]:
        row[target] = ignored
    left = [row[target] for row in rows if row[target] != ignored]
    file = tables.write(tmp_path / "houses.csv", rows)
    options = (*tables.TABLE, "data.problem=classification", f"data.target={target}", f"data.file={file}")
    ignored = ignored.removesuffix(".0")  # the same number
    setup = Setup(composed(*options, f"data.ignore_label={ignored}"))
    with caplog.at_level("INFO", logger="trainer.datasets"):
        splits = setup.splits()
    line = f"{len(rows) - len(left)} rows of label {ignored} are left out"
    assert any(record.message.endswith(line) for record in caplog.records)
    names = np.array(setup.dataset.class_names)
    found = [names[part.targets] for part in (splits.train, splits.validation, splits.test)]
    assert sorted(np.concatenate(found)) == sorted(left)
    rows_of_test = [rows[int(splits.test.place(each).removeprefix("row ")) - 1] for each in range(len(splits.test))]
    assert [row[target] for row in rows_of_test] == names[splits.test.targets].tolist()


def test_a_label_that_leaves_nothing_is_refused(tmp_path):
    file = tables.write(tmp_path / "houses.csv", [row | {"kind": "loft"} for row in tables.houses(30)])
    with pytest.raises(DataError, match=r"data.ignore_label: all rows have the label 'loft'; name another label"):
        composed(*tables.TABLE, f"data.file={file}", "data.target=kind", "data.ignore_label=loft")


def test_a_bad_value_is_named_by_its_row_in_the_file(tmp_path):
    rows = [row | {"kind": "loft"} for row in tables.houses(5)] + tables.houses(60)
    rows[40]["area"] = "wide"
    file = tables.write(tmp_path / "houses.csv", rows)
    with pytest.raises(DataError, match=r"houses\.csv: column area, row 41: 'wide' is not a number, as the other"):
        composed(*tables.TABLE, f"data.file={file}", "data.target=price", "data.ignore_label=nothing")
    with pytest.raises(DataError, match=r"houses\.csv: column area, row 41: 'wide' is not a number, as the other"):
        composed(*tables.TABLE, f"data.file={file}", "data.target=kind", "data.ignore_label=loft")
