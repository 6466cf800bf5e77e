"""Reads small files of run directories, which may come from a stranger: bounded in size and depth, and checked.

Whatever is wrong with one, the error is a RecordError of one line.
"""

import csv
import json
from io import StringIO
from math import isfinite
from pathlib import Path
from typing import Any, Literal

import yaml

from trainer.ground.errors import ConfigError, UserError
from trainer.ground.values import check
from trainer.runs.folder import RESULT

MOST_BYTES = 1 << 20  # of a record
MOST_METRICS = 1 << 28  # bytes of metrics.csv: a million epochs
MOST_LAYERS = 1 << 26  # bytes of layers.csv
KINDS = ("kind", "type")  # its columns that name a layer's kind: today's, and that of earlier versions
MOST_DEPTH, MOST_VALUES = 40, 50_000
MOST_WORKERS = 64
LARGEST, MOST_EPOCHS = 1e100, 1 << 53  # the largest that can be drawn, and counted

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

KNOWN: dict[str, Any] = {
    "status": Literal["completed", "stopped", "failed"],
    **dict.fromkeys(("error", "reason", "best_by"), str | None),
    **dict.fromkeys(("epochs", "planned_epochs", "seed", "workers"), int),
    "seconds": float,
    **dict.fromkeys(("best", "final", "test"), dict[str, float | None] | None),
    "baseline": dict[str, str | float | None],
    **dict.fromkeys(("versions", "machine"), dict[str, str]),
}
"""What is read of result.json. The rest is for users."""


class RecordError(UserError):
    """A file of a run directory that is damaged or not written by this program; names it."""


def read_text(path: Path, most: int = MOST_BYTES) -> str:
    """Return the text of a plain file of at most `most` bytes.

    Raises:
        RecordError: It is not such a file.
        FileNotFoundError: It does not exist.
    """
    try:
        if path.exists() and not path.is_file():
            raise RecordError(f"{path}: is not a plain file")
        with path.open("rb") as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise RecordError(f"{path}: is larger than such a file can be")
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise RecordError(f"{path}: is not text in UTF-8") from None
    except FileNotFoundError:
        raise
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror or error}") from None


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds, plain values only. Raises as `read_text` does."""
    text = read_text(path)
    loader = yaml.SafeLoader if "\\uD" in text else _Loader  # names that are not UTF-8, which libyaml refuses
    try:
        depth = 0
        for number, event in enumerate(yaml.parse(text, loader)):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MOST_DEPTH or number > MOST_VALUES or isinstance(event, yaml.AliasEvent):
                raise RecordError(f"{path}: is damaged: too deep, too long, or with references in it")
        return yaml.load(text, loader)
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, AttributeError, OverflowError) as error:
        raise RecordError(f"{path}: is damaged: {_first_line(error)}") from None


def read_json(path: Path) -> Any:
    """Return what a JSON file holds. Raises as `read_text` does."""
    text = read_text(path)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{path}: is damaged: {_first_line(error)}") from None


def read_result(path: Path) -> dict[str, Any]:
    """Return the part of result.json that is in `KNOWN`. Raises as `read_text` does.

    Figures beyond `LARGEST` become None.
    """
    found = read_json(path)
    if not isinstance(found, dict) or "status" not in found:
        raise RecordError(f"{path}: is damaged: it has no status")
    try:
        result = {name: check(found[name], kind, name) for name, kind in KNOWN.items() if name in found}
    except (ConfigError, OverflowError) as error:
        raise RecordError(f"{path}: is damaged: {getattr(error, 'key', '')}: {_first_line(error)}") from None
    if not isfinite(result.get("seconds", 0.0)):
        raise RecordError(f"{path}: is damaged: seconds: it is not finite")
    for part in ("best", "final", "test", "baseline"):
        figures = result.get(part) or {}
        figures |= {name: None for name, each in figures.items() if isinstance(each, float) and abs(each) > LARGEST}
        if figures.get("epoch") is not None:
            figures["epoch"] = int(figures["epoch"])
    return result


def workers_of(directory: Path) -> int | None:
    """Return how many workers the run in `directory` had: the last bits of its figures depend on it.

    None if it is not recorded, or too large to be believed.
    """
    try:
        workers = read_result(directory / RESULT).get("workers")
    except (FileNotFoundError, RecordError):
        return None
    return workers if workers is not None and 1 <= workers <= MOST_WORKERS else None


def read_metrics(path: Path) -> list[dict[str, float]]:
    """Return the rows of metrics.csv that have an epoch, without the cells that are not numbers up to `LARGEST`.

    Raises as `read_text` does.
    """
    text = read_text(path, MOST_METRICS)
    try:
        rows = [_numbers(row) for row in csv.DictReader(text.splitlines())]
        return [row for row in rows if 0 <= row.get("epoch", -1) <= MOST_EPOCHS]
    except csv.Error as error:
        raise RecordError(f"{path}: is damaged: {_first_line(error)}") from None


def read_layers(path: Path) -> list[dict[str, Any]]:
    """Return the rows of layers.csv: "epoch" (int), "layer" and "kind" (str), and figures, each a float or None.

    Rows that name no epoch or no layer are left out. Raises as `read_text` does.
    """
    text = read_text(path, MOST_LAYERS)
    rows = []
    try:
        for row in csv.DictReader(StringIO(text, newline="")):  # names of layers may have several lines
            kind = next((row[name] for name in KINDS if row.get(name)), "")
            known = {name: number for name, number in _numbers(row).items() if isfinite(number)}
            if 0 <= known.get("epoch", -1) <= MOST_EPOCHS and row.get("layer"):
                figures = {name: known.get(name) for name in row if name not in (None, *KINDS)}
                rows.append(figures | {"epoch": int(known["epoch"]), "layer": row["layer"], "kind": kind})
    except csv.Error as error:
        raise RecordError(f"{path}: is damaged: {_first_line(error)}") from None
    return rows


def _numbers(row: dict[Any, Any]) -> dict[str, float]:
    found = {}
    for name, text in row.items():
        try:
            number = float(text)
        except (TypeError, ValueError):  # empty, missing, or a cell too many
            continue
        if not abs(number) > LARGEST:
            found[name] = number
    return found


def _first_line(error: Exception) -> str:
    text = error.message if isinstance(error, UserError) else str(error)
    return (text.splitlines() or [type(error).__name__])[0][:200]
