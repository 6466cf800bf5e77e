"""The figures of a run's epochs: they are in metrics.csv, and a checkpoint keeps the length and hash of that file.

So a checkpoint does not grow with the epochs, and a resumed run still knows them all.
"""

import csv
import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trainer.runs.checkpoint import Checkpoint, CheckpointError
from trainer.runs.folder import METRICS
from trainer.runs.records import MOST_METRICS

Row = dict[str, Any]  # as in `Run.history`


@dataclass(frozen=True)
class Written:
    """The part of metrics.csv that is written: the first `rows` rows of the history, with their size and hash."""

    rows: int
    bytes: int
    sha256: str


def kept(history: list[Row], written: Written | None) -> dict[str, Any]:
    """Return what a checkpoint keeps of the history: length and hash of metrics.csv, and the rows not in that file."""
    if written is None:
        return {"history": list(history)}
    return {"metrics": asdict(written), "history": history[written.rows :]}


def written(saved: Checkpoint) -> Written | None:
    """Return what metrics.csv held when `saved` was made; None: the checkpoint has all rows itself."""
    found = saved.metadata.get("metrics")
    return Written(**found) if found else None


def content(saved: Checkpoint, directory: Path) -> bytes:
    """Return what metrics.csv held when `saved` was made.

    Raises:
        CheckpointError: The file no longer begins with that.
    """
    there = written(saved)
    if there is None:
        return b""
    path = directory / METRICS
    found = b""
    if path.is_file() and 0 <= there.bytes <= min(path.stat().st_size, MOST_METRICS):
        with path.open("rb") as file:
            found = file.read(there.bytes)
    if hashlib.sha256(found).hexdigest() != there.sha256:
        problem = "it does not begin with the rows that the checkpoint resumes from"
        raise CheckpointError(f"{path}: {problem}; put back the file of this run, or start a new run")
    return found


def read(saved: Checkpoint, directory: Path, metrics: Iterable[str] = ()) -> list[Row]:
    """Return a row for each epoch that the run in `directory` had finished when `saved` was made.

    Args:
        saved: Its checkpoint.
        directory: Where metrics.csv is.
        metrics: The names of all figures; those that the first epoch did not have are not in the file.

    Raises:
        CheckpointError: The file is not the one that belongs to the checkpoint.
    """
    names = [f"{part}_{name}" for part in ("train", "val") for name in metrics]
    columns = dict.fromkeys(["epoch", *names, "lr", "seconds", "samples_per_second"] if names else ())
    lines = content(saved, directory).decode("utf-8", "replace").splitlines()
    try:
        rows = [{name: float(text) if text else None for name, text in row.items()} for row in csv.DictReader(lines)]
        rows = [{**columns, **row, "epoch": int(row["epoch"] or 0)} for row in rows]
    except (TypeError, ValueError, KeyError, OverflowError, csv.Error):
        raise CheckpointError(f"{directory / METRICS}: is damaged; start a new run") from None
    return rows + [{**columns, **row} for row in saved.metadata["history"]]
