"""A run as its pictures need it: each part is read when it is first used."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from trainer.datasets import Subset
from trainer.ground.errors import UserError
from trainer.models import Workspace
from trainer.runs import named
from trainer.runs.folder import CHECKPOINTS, METRICS, RESULT
from trainer.runs.measured import Measured, measured
from trainer.runs.network import Network, load
from trainer.runs.records import RecordError, read_metrics, read_result
from trainer.runs.trust import find_checkpoint
from trainer.views.folding import learned


class UnsuitableError(UserError):
    """A picture that does not apply to a run; says why."""

    exit_code = 2


class Subject:
    """A run, finished or not.

    Its parts raise what `trainer.runs.network.load` and `trainer.runs.measured.measured` raise.

    Args:
        run: Its directory, or one of its checkpoints.
        allow: Packages besides ours whose classes it may name.
        example: Number of the test example that pictures of a single one show.

    Attributes:
        directory: The directory of the run.
        notes: What pictures of it leave out, each with the remedy.
    """

    def __init__(self, run: Path, allow: Sequence[str] = (), example: int = 0) -> None:
        self.run, self.allow, self.example = run, allow, example
        self.notes: list[str] = []
        beside = run.parent.parent if run.parent.name == CHECKPOINTS else run.parent
        self.directory = run if run.is_dir() else beside

    @cached_property
    def network(self) -> Network:
        """The trained network."""
        return load(find_checkpoint(self.run), self.allow)

    @cached_property
    def measured(self) -> Measured:
        """Its outputs for the test examples; where there are none, for those of the validation, else of the training.

        Arithmetic with outputs that are not finite raises no warnings here.
        """
        for split in ("test", "validation"):
            try:
                return measured(self.network, split)
            except UserError as error:
                if "has no examples" not in str(error):
                    raise
        return measured(self.network, "train")

    @cached_property
    def history(self) -> list[dict[str, Any]]:
        """The rows of metrics.csv; none where it does not exist."""
        try:
            return [{**row, "epoch": int(row["epoch"])} for row in read_metrics(self.directory / METRICS)]
        except FileNotFoundError:
            return []

    @cached_property
    def result(self) -> dict[str, Any]:
        """What result.json holds; nothing for a run in progress."""
        try:
            return read_result(self.directory / RESULT)
        except (FileNotFoundError, RecordError):
            return {}

    @cached_property
    def title(self) -> str:
        """Name and seed of the run."""
        return named.title(self.directory, self.network.config)

    @cached_property
    def reached(self) -> str:
        """What it has reached."""
        return named.reached(self.result)

    @property
    def size(self) -> str:
        """How many parameters its network learns."""
        graph = self.network.graph
        return f"{sum(learned(graph, node) for node in graph.nodes):,} parameters"

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes. Raises UnsuitableError where there are none."""
        if not self.network.classes:
            raise UnsuitableError("the data have no classes")
        return self.network.classes

    @property
    def pictures(self) -> str:
        """The input that is a picture. Raises UnsuitableError where there is none."""
        for name, field in self.network.dataset.inputs.items():
            if len(field.shape) == 3 and field.shape[0] in (1, 3):
                return name
        raise UnsuitableError("the inputs are not pictures")

    def activations(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        """Return the output of each layer (N, *shape), by its name, for some of the examples that were measured."""
        network = self.network
        workspace = Workspace(network.graph, network.parameters)
        inputs = workspace.inputs(len(indices))
        network.dataset.loader(self.measured.examples).load(indices, *inputs)
        network.graph.forward(workspace, *inputs)
        return {each.name: np.moveaxis(each.output, -1, 0).copy() for each in workspace.active}

    def examples(self, name: str, most: int | None = None) -> np.ndarray:
        """Return the inputs (N, ...) of this name of the examples that were measured: the first `most`, or all."""
        source = self.measured.examples
        count = len(source) if most is None else min(most, len(source))
        return self.read(np.arange(count), name)

    def read(self, indices: np.ndarray, name: str) -> np.ndarray:
        """Return the inputs (N, ...) of this name of some of the examples that were measured, as they are stored."""
        return Subset(self.measured.examples, indices).read_all(name)
