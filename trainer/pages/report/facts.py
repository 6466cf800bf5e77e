"""The contents of a run's directory, read once, for sections and findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from trainer.datasets import Splits
from trainer.engine.processes.blas import one_thread
from trainer.ground.errors import ForeignError, UserError
from trainer.models import Graph
from trainer.models.summary import LayerRow, layer_rows
from trainer.pages.report.predictions import Predictions, predict
from trainer.problems import Problem
from trainer.runs.catalog import RUNNING, Entry
from trainer.runs.continuations import Continuation
from trainer.runs.continuations import read as read_continuations
from trainer.runs.folder import (
    BEST,
    CONFIG,
    CONTINUATIONS,
    LAST,
    LAYER_FIGURES,
    LAYERS,
    MACHINERY,
    METRICS,
    OVERRIDES,
    RESULT,
)
from trainer.runs.network import Network, load
from trainer.runs.records import read_layers, read_metrics, read_result, read_text, read_yaml

Column = list[float | None]

BATCH_BYTES = 10 << 20  # activations of one batch: a page needs little memory beside a training, and no more time


@dataclass(frozen=True)
class Facts:
    """A run as its directory shows it, at any time during or after the run.

    Whatever cannot be read is empty, and a line of `remarks` says why.

    Attributes:
        directory: The directory of the run.
        status: completed, stopped or failed; without a result running or interrupted.
        config: The run's, completed and checked if it has a checkpoint, else as it was written down.
        overrides: Those of its command line.
        config_dir: The user's own folder of configurations.
        result: What result.json holds.
        history: The columns of metrics.csv, each with a value for every epoch; None where there is no number.
        layers: The rows of layers.csv: "epoch" (int), "layer" and "kind" (str), and figures, each a float or None.
        continuations: What a network for texts wrote after its epochs.
        graph: The layers of the network, not fused; None: there is no checkpoint to tell.
        network: The same with its best weights, else its last.
        table: A row for each layer of `graph`.
        model: The text of model.txt, where `graph` is not known.
        remarks: What could not be read, a line each.
        examples: The examples of the run; None: they are read when they are needed.
    """

    directory: Path
    status: str
    config: Mapping[str, Any] = field(default_factory=dict)
    overrides: Sequence[str] = ()
    config_dir: str | None = None
    began: datetime | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    history: Mapping[str, Column] = field(default_factory=dict)
    layers: Sequence[Mapping[str, Any]] = ()
    continuations: Sequence[Continuation] = ()
    network: Network | None = None
    model: str = ""
    remarks: Sequence[str] = ()
    examples: Splits | None = None

    @property
    def graph(self) -> Graph | None:
        """See the class."""
        return self.network.graph if self.network else None

    @property
    def table(self) -> list[LayerRow]:
        """See the class."""
        return layer_rows(self.graph) if self.graph else []

    @property
    def problem(self) -> Problem | None:
        """What the outputs mean; None: the network is not known."""
        return self.network.problem if self.network else None

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes or labels; empty for values."""
        return self.network.classes if self.network else ()

    @property
    def epochs(self) -> list[int]:
        """The epochs of `history`."""
        return [int(epoch or 0) for epoch in self.history.get("epoch", ())]

    @property
    def kept(self) -> int | None:
        """The epoch whose weights are kept; None: none was validated, or it is not known yet."""
        return (self.result.get("best") or {}).get("epoch")

    @cached_property
    def predictions(self) -> Predictions | None:
        """The network's predictions for the test, else the validation; None if there is neither, or while it trains.

        None, too, if the data cannot be read, e.g. because they have moved: `unread` says why.
        """
        return self._predicted[0]

    @property
    def unread(self) -> str:
        """Why there are no predictions, in a line; empty if nothing went wrong."""
        return self._predicted[1]

    @cached_property
    def _predicted(self) -> tuple[Predictions | None, str]:
        if self.network is None or self.is_running:
            return None, ""
        try:
            with one_thread():  # small batches, for which more threads cost more than they bring
                return predict(self.network, self.examples), ""
        except (UserError, OSError) as error:
            return None, " ".join(str(error).split())

    @property
    def is_running(self) -> bool:
        """Whether the run is still in progress."""
        return self.status == RUNNING


def read(
    directory: Path,
    allow: Sequence[str] = (),
    result: Mapping[str, Any] | None = None,
    examples: Splits | None = None,
) -> Facts:
    """Return the facts of a run, whatever state it is in. Nothing in the directory is trusted.

    Args:
        directory: The directory of the run.
        allow: Packages besides ours whose classes the run may name.
        result: What result.json is going to hold; None: read it.
        examples: The examples of the run, if they are at hand.
    """
    remarks: list[str] = []

    def tried(function: Any, *arguments: Any, otherwise: Any) -> Any:
        try:
            return function(*arguments)
        except FileNotFoundError:
            return otherwise
        except UserError as error:
            if isinstance(error, ForeignError):
                error.advised("trainer report RUN --allow {}")
            remarks.append(f"{error.place}: {error.message}" if error.place else error.message)
            return otherwise

    found = result if result is not None else tried(read_result, directory / RESULT, otherwise={})
    network = tried(_network, directory, allow, otherwise=None)
    config = network.config if network else tried(_as_written, directory / CONFIG, otherwise={})
    machinery = tried(_mapping, directory / MACHINERY, otherwise={})
    return Facts(
        directory,
        Entry(directory, found).status,
        config,
        [each for each in tried(_list, directory / OVERRIDES, otherwise=[]) if isinstance(each, str)],
        _own_configurations(machinery),
        _began(directory),
        found,
        _columns(tried(read_metrics, directory / METRICS, otherwise=[])),
        tried(read_layers, directory / LAYER_FIGURES, otherwise=[]),
        tried(read_continuations, directory / CONTINUATIONS, otherwise=[]),
        network,
        "" if network else tried(read_text, directory / LAYERS, otherwise=""),
        remarks,
        examples,
    )


def _network(directory: Path, allow: Sequence[str]) -> Network | None:
    path = next((directory / name for name in (BEST, LAST) if (directory / name).is_file()), None)
    if path is None:
        return None
    network = load(path, allow)
    network.batch_size = min(network.batch_size, network.batch_of(BATCH_BYTES))
    return network


def _columns(rows: Sequence[Mapping[str, float]]) -> dict[str, Column]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _mapping(path: Path) -> dict[str, Any]:
    found = read_yaml(path)
    return found if isinstance(found, dict) else {}


def _as_written(path: Path) -> dict[str, Any]:
    """Return a configuration as it was saved, without values that are not of the type that the page expects."""
    kinds: dict[Any, type] = {"data": dict, "epochs": int, "seed": int}
    return {name: value for name, value in _mapping(path).items() if isinstance(value, kinds.get(name, object))}


def _list(path: Path) -> list[Any]:
    found = read_yaml(path)
    return found if isinstance(found, list) else []


def _own_configurations(machinery: Mapping[str, Any]) -> str | None:
    """Return the folder of the user's own, from what Hydra wrote down."""
    with suppress(KeyError, TypeError, AttributeError, StopIteration):
        sources = machinery["hydra"]["runtime"]["config_sources"]
        return str(next(source["path"] for source in sources if source["provider"] == "command-line"))
    return None


def _began(directory: Path) -> datetime | None:
    with suppress(OSError):
        return datetime.fromtimestamp((directory / CONFIG).stat().st_mtime).astimezone()
    return None
