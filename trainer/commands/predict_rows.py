"""Predictions for the rows of tables: `trainer predict RUN new.csv`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.commands import command
from trainer.datasets import DataError, Table
from trainer.datasets.tables.frame import located
from trainer.datasets.tables.target import CLASSES, LABELS, SEPARATOR
from trainer.ground import console, strict_json
from trainer.ground.errors import ConfigError
from trainer.ground.files import output
from trainer.ground.text import cell
from trainer.runs.network import Network

if TYPE_CHECKING:
    import polars

SHOWN = 10  # rows in the terminal
SUFFIX = ".predicted.csv"


def predict(network: Network, options: argparse.Namespace) -> int:
    """Predict as the options of `trainer predict` say; return the exit code."""
    if options.csv and len(options.files) > 1:
        raise ConfigError("--csv: is one file, so give one table; without it each gets its own file")
    records: list[dict[str, Any]] = []
    failures = 0
    for file in map(Path, options.files):
        try:
            table, found = _predicted(network, file, options.probabilities)
        except DataError as error:
            command.complain(str(error))
            failures += 1
            continue
        path = options.csv or (None if options.json else file.with_name(file.stem + SUFFIX))
        if path:
            _write(path, table, found)
        if options.json:
            for row, values in enumerate(zip(*found.values(), strict=True), 1):
                records.append({"file": str(file), "row": row, **dict(zip(found, values, strict=True))})
        else:
            _show(found, table.height, path)
    if options.json:
        print(strict_json.dumps(records, indent=1))
    return 1 if failures else 0


def _predicted(network: Network, file: Path, probabilities: bool) -> tuple[polars.DataFrame, dict[str, list[Any]]]:
    """Return a table and the columns to append to it. Raises DataError."""
    assert isinstance(network.dataset, Table)
    if not file.expanduser().is_file():
        raise DataError(f"{file}: {'not a file' if file.exists() else 'no such file'}; give a table")
    table = network.dataset.frame(file)
    with located(file):
        found = columns(network, network.run(network.dataset.encode(table)), probabilities)
        for line in network.dataset.features.unseen(table):
            console.tell(command.printable(f"{file}: {line}"))
        for name in found:
            if name in table.columns:
                raise DataError(f"has a column '{name}' already; rename it")
    return table, found


def columns(network: Network, outputs: np.ndarray, probabilities: bool = False) -> dict[str, list[Any]]:
    """Return the columns to append to a table, by name: "predicted_PRICE" for each that the network predicts.

    Args:
        network: The network of a run on a table.
        outputs: (N, K), as `Network.run` returns them.
        probabilities: Also append "probability_CLASS" for each class or label.
    """
    assert isinstance(network.dataset, Table)
    target = network.dataset.target
    guesses, chances = network.problem.predictions(outputs), network.probabilities(outputs)
    names = [f"predicted_{name}" for name in target.columns]
    if target.problem == CLASSES:
        found = {names[0]: [target.classes[place] for place in guesses]}
    elif target.problem == LABELS and len(names) == 1:
        found = {names[0]: [SEPARATOR.join(np.array(target.classes)[row]) for row in guesses]}
    elif target.problem == LABELS:
        words = [(form or "no/yes").split("/") for form in target.forms or [""] * len(names)]
        found = {name: [words[place][int(mark)] for mark in guesses[:, place]] for place, name in enumerate(names)}
    else:
        found = {name: _short(guesses[:, place], network) for place, name in enumerate(names)}
    if probabilities:
        found |= {f"probability_{name}": chances[:, place].tolist() for place, name in enumerate(target.classes)}
    return found


def _short(values: np.ndarray, network: Network) -> list[float]:
    """Return values with no more digits than the network's precision has."""
    return [float(str(value)) for value in values.astype(network.parameters.dtype)]


def _write(path: Path, table: polars.DataFrame, found: dict[str, list[Any]]) -> None:
    import polars

    added = [polars.Series(str(cell(name)), [cell(value) for value in values]) for name, values in found.items()]
    with output(path) as temporary:
        temporary.write_bytes(table.with_columns(added).write_csv().encode())  # errors of polars have no number


def _show(found: dict[str, list[Any]], height: int, path: Path) -> None:
    rows = zip(*found.values(), strict=True)
    lines = [[str(row), *map(_text, values)] for row, values in zip(range(1, SHOWN + 1), rows, strict=False)]
    print(command.table([["row", *found], *lines]))
    more = f"{SHOWN} of {height:,} rows; " if height > SHOWN else ""
    print(f"{more}all columns are in {command.printable(str(path))}")


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
