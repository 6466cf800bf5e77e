"""Tables as polars frames, made from files, other frames, or columns by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.datasets.errors import DataError
from trainer.datasets.readers.table import MISSING, need_polars, read_table

if TYPE_CHECKING:
    import polars


def frame_of(
    table: Any, delimiter: str | None = None, encoding: str | None = None, known: Collection[str] = ()
) -> polars.DataFrame:
    """Return a table of texts, numbers, dates and yes or no, with null for missing values.

    Args:
        table: The path of a file as `read_table` reads it; a DataFrame of polars or pandas; or columns by their names.
        delimiter, encoding, known: For a text file, see `read_table`.

    Raises:
        DataError: The file cannot be read, or columns differ in length or hold something else.
    """
    need_polars()
    import polars

    if isinstance(table, str | Path):
        path = Path(table).expanduser()
        return _plain(read_table(path, delimiter, encoding, known), f"{path}: ")
    if isinstance(table, polars.DataFrame):
        return _plain(table)
    names = table if isinstance(table, Mapping) else getattr(table, "columns", None)
    if names is None:
        kind = type(table).__name__
        raise DataError(f"a table cannot be {kind}; give a file, a DataFrame, or lists of values by names of columns")
    try:
        columns = [polars.Series(str(name), _values(table[name]), strict=False) for name in names]
    except (TypeError, polars.exceptions.PolarsError) as error:
        raise DataError(f"{str(error).splitlines()[0]}; give lists of values by names of columns") from None
    if len({len(column) for column in columns}) > 1:
        lengths = ", ".join(f"{column.name} {len(column)}" for column in columns)
        raise DataError(f"the columns are not of one length: {lengths}; give each row a value in every column")
    return _plain(polars.DataFrame(columns))


class CellError(DataError):
    """A value in a table that cannot be used.

    Attributes:
        column: The name of its column.
        index: The index of its row among those that are used, from 0.
        problem: What is wrong with it and the remedy.
    """

    def __init__(self, column: str, index: int, problem: str) -> None:
        super().__init__(f"column {column}, row {index + 1}: {problem}")
        self.column, self.index, self.problem = column, index, problem


@contextmanager
def located(place: str | Path, numbers: np.ndarray | None = None) -> Iterator[None]:
    """Make a DataError about a table's content begin with the name of its file.

    `numbers`: Those of the rows in the file (N,), from 1; None: all of them are used.
    """
    try:
        yield
    except CellError as error:
        row = error.index + 1 if numbers is None else numbers[error.index]
        raise DataError(f"{place}: column {error.column}, row {row}: {error.problem}") from None
    except DataError as error:
        raise DataError(f"{place}: {error}") from None


def _values(column: Any) -> Any:
    """Return the values of a column; pandas has several values that mean missing."""
    if not hasattr(column, "isna"):
        return column
    return [None if missing else value for value, missing in zip(column.tolist(), column.isna(), strict=True)]


def _plain(frame: polars.DataFrame, place: str = "") -> polars.DataFrame:
    import polars

    columns = []
    for column in frame:
        kind = column.dtype
        if kind in (polars.Categorical, polars.Enum, polars.Null):
            column = column.cast(polars.String)
        elif kind.is_nested() or kind in (polars.Binary, polars.Object, polars.Time, polars.Duration):
            raise DataError(f"{place}column {column.name} holds {kind}; give numbers, texts or dates, or leave it out")
        if column.dtype == polars.String:
            column = column.str.strip_chars().replace(dict.fromkeys(MISSING))
        columns.append(column.fill_nan(None) if kind.is_float() else column)
    return polars.DataFrame(columns)
