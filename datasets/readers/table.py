"""Reader of table files (CSV, TSV, Parquet, Excel, JSON Lines) as polars frames."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.datasets.errors import DataError
from trainer.ground.extras import install_hint

if TYPE_CHECKING:
    import polars

MISSING = (
    "", "NA", "N/A", "n/a", "n.a.", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "None", "?", "-",
)  # fmt: skip
"""Texts that mean a missing value."""
DELIMITERS = ",;\t|"
SNIFFED = 1 << 16  # characters by which the delimiter is found
NAMED = {"comma": ",", "semicolon": ";", "tab": "\t", "space": " ", "pipe": "|"}
SUFFIXES = {
    ".csv": "text", ".tsv": "text", ".txt": "text", ".data": "text",
    ".parquet": "parquet", ".xlsx": "excel", ".xls": "excel", ".jsonl": "lines", ".ndjson": "lines",
}  # fmt: skip
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def read_table(
    path: Path, delimiter: str | None = None, encoding: str | None = None, known: Collection[str] = ()
) -> polars.DataFrame:
    """Return the table in a file, in the format that the suffix names.

    Columns of text files are texts, with null for missing values (`MISSING`); other formats have types of their own.

    Args:
        path: A file with one of `SUFFIXES`.
        delimiter: Between the fields of a text file, a character or its name (`NAMED`); None: the one of `DELIMITERS`
            that divides the first lines alike.
        encoding: The encoding of a text file; None: that of its byte order mark, else UTF-8, or cp1252 if it is not
            UTF-8.
        known: Columns that it may have, by which a line of numbers is known to be a line of names.

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
    frame = _read_text(path, delimiter, encoding, known) if kind == "text" else _read_typed(path, kind)
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
        # From the first rows alone, types that differ later would be missed.
        if kind == "excel":
            return polars.read_excel(path, infer_schema_length=None)
        return polars.read_ndjson(path, infer_schema_length=None)
    except ImportError as error:  # polars names the package that reads Excel
        raise DataError(f"{path}: {str(error).splitlines()[0]}") from error
    except Exception as error:  # polars has different error classes for each format
        raise DataError(f"{path}: cannot be read as {kind}: {str(error).splitlines()[0]}") from error


def _read_text(path: Path, delimiter: str | None, encoding: str | None, known: Collection[str]) -> polars.DataFrame:
    import polars

    text = _decoded(path, encoding)
    if "\n" not in text:
        text = text.replace("\r", "\n")  # as lines ended on old Macs
    if told := re.match(r"sep=(.)\r?\n", text):  # a line for Excel, which stays as an empty one
        text, delimiter = text[told.end() - 1 :], delimiter or told[1]
    delimiter = NAMED.get(delimiter, delimiter) if delimiter else _delimiter(text)
    if len(delimiter) != 1:
        raise DataError(f"data.delimiter: {delimiter!r} is not a single character; give one, or {', '.join(NAMED)}")
    names, text = _checked(path, text, delimiter, known)
    if not names:
        return polars.DataFrame()
    file = io.BytesIO(text.encode())
    try:
        frame = polars.read_csv(file, separator=delimiter, infer_schema=False, new_columns=names)
    except polars.exceptions.PolarsError as error:
        raise DataError(f"{path}: {str(error).splitlines()[0]}; fix the quotes, or set data.delimiter") from error
    return frame.with_columns(polars.all().str.strip_chars().replace(dict.fromkeys(MISSING)))


def _decoded(path: Path, encoding: str | None) -> str:
    data = path.read_bytes()
    encoding = encoding or next((name for mark, name in BYTE_ORDER_MARKS.items() if data.startswith(mark)), None)
    if encoding is None and b"\0" in data[:4096]:
        raise DataError(f"{path}: is not text; give it the suffix of its format, or set data.encoding, such as utf-16")
    try:
        return data.decode(encoding or "utf-8-sig")
    except LookupError as error:
        raise DataError(f"{path}: no encoding is called {encoding!r}; set data.encoding") from error
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        if encoding:
            raise DataError(f"{path}: line {line} is not {encoding}; set data.encoding") from error
        return _of_windows(path, data, line)


def _of_windows(path: Path, data: bytes, line: int) -> str:
    """Return a text in cp1252, unless it looks like UTF-8 that is damaged in this line. Raises DataError."""
    as_utf8 = data.decode("utf-8", errors="replace")
    damaged = as_utf8.count("\ufffd")
    whole = sum(character > "\x7f" for character in as_utf8) - damaged
    try:
        if whole <= damaged:
            return data.decode("cp1252")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
    raise DataError(f"{path}: line {line} is not UTF-8, though the file seems to be; fix it, or set data.encoding")


def _delimiter(text: str) -> str:
    """Return the delimiter that divides the first lines into equally many fields, as many as possible; else a comma."""
    lines = [line for line in text[:SNIFFED].splitlines()[:21] if line.strip()]
    if len(lines) > 1 and len(text) > SNIFFED:
        lines.pop()  # it may be cut off

    def fields(delimiter: str) -> int:
        counts = {len(row) for row in csv.reader(lines, delimiter=delimiter)}
        return counts.pop() if len(counts) == 1 else 0

    best = max(DELIMITERS, key=fields)
    return best if fields(best) > 1 else ","


def _checked(path: Path, text: str, delimiter: str, known: Collection[str]) -> tuple[list[str], str]:
    """Return the names of the columns, and the text without empty lines and with all quotes closed and in pairs.

    Python and polars read damaged quotes, as in `"a"b"`, differently; polars must read what is checked here.

    Raises:
        DataError: A row does not fit.
    """
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    names: list[str] = []
    begins, has_empty, is_open = 1, False, text.count('"') % 2 == 1
    try:
        for row in reader:
            if is_open and reader.line_num > begins and text.endswith(row[-1] if row else "\0"):
                raise DataError(f"{path}:{begins}: a quote opens in this line and never ends; fix the line")
            fields = [field.strip() for field in row]
            if not any(fields):
                has_empty = True
            elif not names:
                names = fields
                _check_names(path, names, begins, known)
            else:
                _check_row(path, fields, names, begins, reader.line_num)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: {error}; fix the line") from error
    return names, _rewritten(text, delimiter) if has_empty or '"' in text else text


def _rewritten(text: str, delimiter: str) -> str:
    file = io.StringIO()
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    csv.writer(file, delimiter=delimiter).writerows(row for row in rows if any(field.strip() for field in row))
    return file.getvalue()


def _check_row(path: Path, fields: list[str], names: list[str], begins: int, ends: int) -> None:
    if len(fields) != len(names):
        quote = f"; a quote that is open there ends in line {ends}" if ends > begins else ""
        raise DataError(
            f"{path}:{begins}: {len(fields)} fields, but the line of names has {len(names)}{quote}; "
            "fix the line, or set data.delimiter"
        )
    if fields == names:
        raise DataError(
            f"{path}:{begins}: the line of names is repeated here; remove it, or if these are values, add a line of "
            "names before the first"
        )


def _check_names(path: Path, names: list[str], line: int, known: Collection[str]) -> None:
    if all(is_number(name) for name in names) and {*names}.isdisjoint(known):
        raise DataError(f"{path}:{line}: holds numbers where the columns' names should be; add a line of names")
    nameless = [place for place, name in enumerate(names) if not name and (place or len(names) == 1)]
    if nameless:  # but a first column, which is an index
        raise DataError(f"{path}:{line}: column {nameless[0] + 1} has no name; name it")
    for place, name in enumerate(names):
        if name in names[:place]:
            raise DataError(f"{path}:{line}: two columns are called '{name}'; rename one")


def is_number(text: str) -> bool:
    """Return whether a text reads as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
