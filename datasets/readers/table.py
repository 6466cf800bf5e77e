"""Reader of table files (CSV, TSV, Parquet, Excel, JSON Lines) as polars frames."""

from __future__ import annotations

import csv
import io
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.datasets.errors import DataError
from trainer.ground.extras import install_hint

if TYPE_CHECKING:
    import polars

MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?", "-")  # texts that mean a missing value
DELIMITERS = ",;\t|"
SUFFIXES = {
    ".csv": "text", ".tsv": "text", ".txt": "text", ".data": "text",
    ".parquet": "parquet", ".xlsx": "excel", ".xls": "excel", ".jsonl": "lines", ".ndjson": "lines",
}  # fmt: skip
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def read_table(path: Path, delimiter: str | None = None, encoding: str | None = None) -> polars.DataFrame:
    """Return the table in a file, in the format that the suffix names.

    Columns of text files are texts, with null for missing values (`MISSING`); other formats have types of their own.

    Args:
        path: A file with one of `SUFFIXES`.
        delimiter: Between the fields of a text file; None: the one of `DELIMITERS` that divides the first lines alike.
        encoding: Of a text file; None: the one of its byte order mark, else UTF-8, or cp1252 if it is not UTF-8.

    Raises:
        DataError: No such file, another format, rows of different lengths, names that are missing or occur twice, or a
            missing package for the format.
    """
    need_polars()
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise DataError(f"{path}: tables end with {', '.join(SUFFIXES)}; rename or convert it")
    if not path.is_file():
        raise DataError(f"{path}: {'not a file' if path.exists() else 'no such file'}; set data.file")
    frame = _read_text(path, delimiter, encoding) if kind == "text" else _read_typed(path, kind)
    if not frame.height or not frame.width:
        raise DataError(f"{path}: holds no rows; give a file with a line of names and at least one row")
    return frame


def need_polars() -> None:
    """Raise DataError, with the command that installs it, where polars is missing."""
    if find_spec("polars") is None:
        raise DataError(f"tables need polars, which is not installed; {install_hint('table')}")


def _read_typed(path: Path, kind: str) -> polars.DataFrame:
    import polars

    try:
        if kind == "parquet":
            return polars.read_parquet(path)
        return polars.read_excel(path) if kind == "excel" else polars.read_ndjson(path)
    except ImportError as error:  # polars names the package that reads Excel
        raise DataError(f"{path}: {str(error).splitlines()[0]}") from error
    except Exception as error:  # polars has different error classes for each format
        raise DataError(f"{path}: cannot be read as {kind}: {str(error).splitlines()[0]}") from error


def _read_text(path: Path, delimiter: str | None, encoding: str | None) -> polars.DataFrame:
    import polars

    text = _decoded(path, encoding)
    delimiter = delimiter or _delimiter(text)
    names = _check_rows(path, text, delimiter)
    if not names:
        return polars.DataFrame()
    file = io.BytesIO(text.encode())
    frame = polars.read_csv(file, separator=delimiter, infer_schema=False, new_columns=names)
    return frame.with_columns(polars.all().str.strip_chars().replace(dict.fromkeys(MISSING)))


def _decoded(path: Path, encoding: str | None) -> str:
    data = path.read_bytes()
    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{path}: is no text; give it the suffix of its format")
    encoding = encoding or next((name for mark, name in BYTE_ORDER_MARKS.items() if data.startswith(mark)), None)
    try:
        return data.decode(encoding or "utf-8-sig")
    except LookupError as error:
        raise DataError(f"{path}: no encoding is called {encoding!r}; set data.encoding") from error
    except UnicodeDecodeError as error:
        if encoding:
            line = data[: error.start].count(b"\n") + 1
            raise DataError(f"{path}: line {line} is not {encoding}; set data.encoding") from error
        return data.decode("cp1252", errors="replace")


def _delimiter(text: str) -> str:
    """Return the delimiter that divides the first lines into equally many fields, as many as possible; else a comma."""
    lines = [line for line in text[:65536].splitlines()[:20] if line.strip()]

    def fields(delimiter: str) -> int:
        counts = {len(row) for row in csv.reader(lines, delimiter=delimiter)}
        return counts.pop() if len(counts) == 1 else 0

    best = max(DELIMITERS, key=fields)
    return best if fields(best) > 1 else ","


def _check_rows(path: Path, text: str, delimiter: str) -> list[str]:
    """Return the names of the columns. Raises DataError for rows that do not fit them."""
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        names = [name.strip() for name in next(reader, [])]
        for row in reader:
            if row and len(row) != len(names):
                raise DataError(
                    f"{path}:{reader.line_num}: {len(row)} fields, but the first line names {len(names)}; "
                    "repair the line, or set data.delimiter"
                )
            if [field.strip() for field in row] == names:
                raise DataError(f"{path}:{reader.line_num}: the line of names stands here again; remove it")
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: {error}; repair the line") from error
    _check_names(path, names)
    return names


def _check_names(path: Path, names: list[str]) -> None:
    if names and all(_is_number(name) for name in names):
        raise DataError(f"{path}:1: holds numbers where the columns' names should be; add a line of names")
    for place, name in enumerate(names):
        if name in names[:place]:
            raise DataError(f"{path}:1: two columns are called '{name}'; rename one")
    if names.count("") > 0 and (len(names) == 1 or names[0] != ""):  # a first column without a name is an index
        raise DataError(f"{path}:1: column {names.index('') + 1} has no name; name it")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
