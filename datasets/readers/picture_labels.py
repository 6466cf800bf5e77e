"""Tables of file names and labels, as CSV or JSON Lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from trainer.datasets.errors import DataError
from trainer.datasets.readers.picture import SUFFIXES

FILE_COLUMNS, LABEL_COLUMNS = ("file_name", "file", "filename", "image", "path"), ("label", "class", "target", "y")
COLUMNS = f"{FILE_COLUMNS[0]},{LABEL_COLUMNS[0]}"
DELIMITERS = ",;\t"


def read_labels(path: Path) -> dict[str, tuple[int, str]]:
    """Return the line and the label of each file name, in the order of the table.

    The columns have one of the usual names; of two columns, those without one are file name and label.

    Raises:
        DataError: The table cannot be read, a line lacks something, a name occurs twice or points outside the folder.
    """
    named: dict[str, tuple[int, str]] = {}
    for row, fields in _rows(path):
        file, label = (_field(path, row, fields, columns) for columns in (FILE_COLUMNS, LABEL_COLUMNS))
        place = PurePosixPath(file.replace("\\", "/"))
        if place.is_absolute() or ".." in place.parts:
            raise DataError(f"{path}:{row}: {file} is not in this folder; give a path within it")
        if (name := str(place)) in named:
            raise DataError(f"{path}:{row}: {file} is already in line {named[name][0]}; remove one")
        named[name] = row, label
    return named


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Yield the lines of a CSV or JSON Lines file as dictionaries, each with its number."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8; save it as UTF-8") from error
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}; give a CSV or JSON Lines file that can be read") from error
    yield from _json_lines(path, text) if path.suffix.lower() == ".jsonl" else _csv(path, text)


def _csv(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = _columns(path, [name.strip() for name in next(reader, [])])
        for values in reader:
            if values:
                yield reader.line_num, dict(zip(names, values, strict=False))
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: is not valid CSV ({error}); fix the line") from error


def _columns(path: Path, names: Sequence[str]) -> list[str]:
    """Return the names of the columns, of which one is for files and one for labels. Raises DataError."""
    if values := [name for name in names if name.lower().endswith(SUFFIXES)]:
        raise DataError(f"{path}:1: {values[0]} is not the name of a column; begin with the line {COLUMNS}")
    files, labels = (next((n for n in known if n in names), None) for known in (FILE_COLUMNS, LABEL_COLUMNS))
    others = [name for name in names if name not in (files, labels)]
    if len(names) == 2:
        files, labels = files or others[0], labels or others[-1]
    if not files or not labels:
        raise DataError(
            f"{path}:1: has the columns {', '.join(names) or 'none'}; call one {FILE_COLUMNS[0]} and one "
            f"{LABEL_COLUMNS[0]}"
        )
    return [{files: FILE_COLUMNS[0], labels: LABEL_COLUMNS[0]}.get(name, f"({name})") for name in names]


def _json_lines(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise DataError(f"{path}:{number}: is not valid JSON; fix the line") from error
            if not isinstance(row, dict):
                raise DataError(f"{path}:{number}: is not a JSON object; give one with file_name and label")
            yield number, row


def _field(path: Path, row: int, fields: Mapping[str, object], columns: tuple[str, ...]) -> str:
    value = next((fields[name] for name in columns if fields.get(name) not in (None, "")), None)
    if value is None or isinstance(value, list | dict):
        raise DataError(f"{path}:{row}: has no {columns[0]}; every line needs {FILE_COLUMNS[0]} and {LABEL_COLUMNS[0]}")
    return str(value)
