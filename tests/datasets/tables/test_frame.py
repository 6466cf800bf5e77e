"""What a table may be given as."""

from types import SimpleNamespace

import numpy as np
import pytest

from trainer.datasets import DataError
from trainer.datasets.tables.frame import frame_of

polars = pytest.importorskip("polars")
ROWS = {"x": [1.5, None], "who": ["ann", None]}


class Column(list):
    """As pandas has them."""

    def isna(self):
        return [value is None for value in self]

    def tolist(self):
        return [float("nan") if value is None else value for value in self]


class Pandas(dict):
    @property
    def columns(self):
        return list(self)


@pytest.mark.parametrize(
    "table",
    [
        ROWS,
        {"x": np.array([1.5, np.nan]), "who": np.array(["ann", ""])},
        polars.DataFrame({"x": [1.5, float("nan")], "who": polars.Series(["ann", "NA"], dtype=polars.Categorical)}),
        Pandas(x=Column([1.5, None]), who=Column([" ann ", None])),
    ],
    ids=["lists", "arrays", "polars", "pandas"],
)
def test_a_missing_value_is_null_whatever_stands_for_it(table):
    assert frame_of(table).to_dict(as_series=False) == ROWS


def test_a_file(tmp_path):
    (tmp_path / "a.csv").write_text("x,who\n1.5,ann\n,?\n")
    assert frame_of(tmp_path / "a.csv").to_dict(as_series=False) == {"x": ["1.5", None], "who": ["ann", None]}


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (3, "a table cannot be int; give a file, a DataFrame, or lists of values"),
        ({"x": [1], "y": [1, 2]}, "not of one length: x 1, y 2"),
        ({"x": 1}, "give lists of values by names of columns"),
        ({"x": [[1, 2]]}, r"column x holds List\(Int64\); give numbers, texts or dates"),
        ({"x": [SimpleNamespace()]}, "column x holds Object"),
        (np.zeros((2, 3)), "a table cannot be ndarray"),
    ],
)
def test_what_is_no_table(table, problem):
    with pytest.raises(DataError, match=problem):
        frame_of(table)
