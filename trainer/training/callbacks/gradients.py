"""gradients.csv: how large the gradients of each layer are."""

from math import sqrt
from typing import Any

import numpy as np

from trainer.engine.watch import Watch, Watched
from trainer.ground.files import append, replacing
from trainer.ground.options import check_range
from trainer.runs.folder import GRADIENTS
from trainer.training.callbacks.callback import Callback
from trainer.training.run import Run

ALL = Watch(parameters="*")


class Gradients(Callback):
    """Writes a row per epoch to gradients.csv, with a column for each layer that learns.

    A figure is the Euclidean norm of the gradient by all of the layer's parameters, before `clip_norm`: the mean over
    some steps of the epoch, which are spread evenly and include the last.

    Args:
        steps: How many of an epoch's steps to look at; None: write nothing.

    Raises:
        ValueError: `steps` is out of range.
    """

    def __init__(self, steps: int | None = None) -> None:
        if steps is not None:
            check_range("steps", steps, "[1, inf)")
        self.steps = steps
        self._count = 0  # steps looked at in this epoch
        self._sums: dict[str, float] = {}  # of the norms, by layer

    def on_fit_start(self, run: Run) -> None:
        """Begin with the rows of the run's epochs: a killed run may have written some that its checkpoint lacks."""
        path = run.directory / GRADIENTS
        if self.steps is None or not path.exists():
            return
        header, *rows = path.read_text().splitlines(keepends=True) or [""]
        kept = [row for row in rows if row.endswith("\n") and int(row.partition(",")[0]) <= run.epoch]
        with replacing(path) as temporary:
            temporary.write_text("".join([header, *kept] if kept else []), newline="\n")

    def watch(self, run: Run) -> Watch | None:
        if self.steps is None:
            return None
        done, steps_per_epoch = run.step % run.steps_per_epoch, run.steps_per_epoch
        return ALL if (done + 1) * self.steps // steps_per_epoch > done * self.steps // steps_per_epoch else None

    def on_watched(self, run: Run, watched: Watched) -> None:
        squares: dict[str, float] = {}
        for name, gradient in watched.parameters.items():
            layer = name.rpartition(".")[0]
            squares[layer] = squares.get(layer, 0.0) + float(np.vdot(gradient, gradient))
        self._count += 1
        self._sums = {layer: self._sums.get(layer, 0.0) + sqrt(square) for layer, square in squares.items()}

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        if not self._count:
            return
        path = run.directory / GRADIENTS
        header = "" if path.exists() and path.stat().st_size else ",".join(["epoch", *self._sums]) + "\n"
        means = [repr(total / self._count) for total in self._sums.values()]
        append(path, header + ",".join([str(run.epoch), *means]) + "\n")
        self._count, self._sums = 0, {}

    def state(self) -> dict[str, Any] | None:
        return None if self.steps is None else {"count": self._count, "sums": self._sums}

    def restore(self, state: dict[str, Any]) -> None:
        self._count = int(state["count"])
        self._sums = {str(layer): float(total) for layer, total in state["sums"].items()}
