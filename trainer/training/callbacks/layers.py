"""layers.csv: what happens inside the network, a row for each epoch and layer."""

import csv
from collections.abc import Iterable
from io import StringIO
from math import isfinite, sqrt
from typing import Any

import numpy as np

from trainer.engine.watch import Watch, Watched
from trainer.ground.files import append, replacing
from trainer.ground.options import check_range
from trainer.models.layers.activation import Activation
from trainer.models.node import Node
from trainer.runs.folder import LAYER_FIGURES
from trainer.training.callbacks.callback import Callback
from trainer.training.run import Run

STEPS = ("gradient_norm", "gradient_rms", "update_ratio")
OUTPUTS = ("dead", "saturated", "output_mean", "output_deviation")
COLUMNS = ("epoch", "layer", "kind", "weight_norm", *STEPS, *OUTPUTS)
ALL = Watch(parameters="*")
NEAR = 0.03  # to a limit: there the slope of tanh is below 0.06, of at most 1, and the sigmoid's below 0.03, of 0.25

Figures = dict[str, float]


class Layers(Callback):
    """Writes layers.csv: after each epoch a row for each layer that learns and for each activation.

    A figure that a layer does not have stays empty. Means over some steps of the epoch, before `clip_norm`:

        gradient_norm: the Euclidean norm of the gradient by all that the layer learns.
        gradient_rms: the same for a single parameter, √(Σ g² / n), so that layers of different size compare.
        update_ratio: the norm of the layer's change in a step over the norm of the layer, ‖Δθ‖ / ‖θ‖.

    After the epoch, from a few training examples (see `trainer.engine.probe`):

        weight_norm: the Euclidean norm of all that the layer learns.
        dead: the share of an activation's units, or channels, that are 0 for all examples.
        saturated: the share of a tanh's or sigmoid's outputs that are within 0.03 of a limit.
        output_mean, output_deviation: of all outputs of the layer.

    Args:
        steps: How many of an epoch's steps to look at; they are spread evenly and include the last.

    Raises:
        ValueError: `steps` is out of range.
    """

    def __init__(self, steps: int = 4) -> None:
        check_range("steps", steps, "[1, inf)")
        self.steps = steps
        self._count = 0  # steps looked at in this epoch
        self._sums: dict[str, list[float]] = {}  # by layer, of the norms of gradients, changes, and what they change
        self._before = np.empty(0)  # all parameters before the step that is looked at
        self._chosen: set[int] = set()  # steps of an epoch

    def on_fit_start(self, run: Run) -> None:
        """Begin with the rows of the run's epochs: a killed run may have written some that its checkpoint lacks."""
        steps, length = min(self.steps, run.steps_per_epoch), run.steps_per_epoch
        self._chosen = {-(-number * length // steps) - 1 for number in range(1, steps + 1)}
        path = run.directory / LAYER_FIGURES
        if not path.exists():
            return
        text = path.read_text(encoding="utf-8", errors="replace")
        whole = text[: text.rfind("\n") + 1]
        rows = [row for row in csv.reader(StringIO(whole, newline="")) if len(row) == len(COLUMNS)]
        kept = [row for row in rows if row[0].isdecimal() and int(row[0]) <= run.epoch]
        with replacing(path) as temporary:
            temporary.write_text(_lines([COLUMNS, *kept]) if kept else "", encoding="utf-8", newline="\n")

    def watch(self, run: Run) -> Watch | None:
        if run.step % run.steps_per_epoch not in self._chosen:
            return None
        self._before = run.probe.parameters.data.copy()
        return ALL

    def on_watched(self, run: Run, watched: Watched) -> None:
        store, before = run.probe.parameters, self._before
        parts = (watched.parameters, store.views(store.data - before), store.views(before))
        for node in run.probe.graph.nodes:
            if learned := _learned(run, node):
                norms = [_norm(part[name] for name in learned) for part in parts]
                sums = self._sums.get(node.name, [0.0] * len(norms))
                self._sums[node.name] = [total + norm for total, norm in zip(sums, norms, strict=True)]
        self._count += 1

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        outputs = run.probe()
        rows, run.layers = [], {}
        for node in run.probe.graph.nodes:
            figures = self._learning(run, node)
            if figures or isinstance(node.layer, Activation):
                figures |= answers_of(node, outputs[node.name])
                run.layers[node.name] = figures = {name: each for name, each in figures.items() if isfinite(each)}
                values = (repr(figures[name]) if name in figures else "" for name in COLUMNS[3:])
                rows.append([str(run.epoch), node.name, node.kind, *values])
        path = run.directory / LAYER_FIGURES
        has_header = path.exists() and path.stat().st_size
        append(path, _lines(rows if has_header else [COLUMNS, *rows]))
        self._count, self._sums = 0, {}

    def _learning(self, run: Run, node: Node) -> Figures:
        """Return the figures of what a layer learns; none if it learns nothing."""
        if not (learned := _learned(run, node)):
            return {}
        figures = {"weight_norm": _norm(run.probe.parameters[name] for name in learned)}
        if self._count:
            gradient, change, weights = (total / self._count for total in self._sums[node.name])
            size = sum(run.probe.parameters[name].size for name in learned)
            figures |= {"gradient_norm": gradient, "gradient_rms": gradient / sqrt(size)}
            figures |= {"update_ratio": change / weights} if weights else {}
        return figures

    def state(self) -> dict[str, Any] | None:
        return {"count": self._count, "sums": self._sums} if self._count else None

    def restore(self, state: dict[str, Any]) -> None:
        self._count = int(state["count"])
        self._sums = {str(layer): [float(total) for total in totals] for layer, totals in state["sums"].items()}


def _lines(rows: Iterable[Iterable[str]]) -> str:
    """Return rows as lines of a CSV file; a layer may have any name."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _learned(run: Run, node: Node) -> list[str]:
    """Return the full names of the parameters that a layer learns."""
    return [name for name in node.parameters.values() if run.probe.graph.parameters[name].trainable]


def _norm(arrays: Iterable[np.ndarray]) -> float:
    return sqrt(sum(float(np.vdot(array, array)) for array in arrays))


def answers_of(node: Node, y: np.ndarray) -> Figures:
    """Return the figures of a layer's output (*shape, N)."""
    figures = {"output_mean": float(y.mean()), "output_deviation": float(y.std())}
    if isinstance(node.layer, Activation):
        units = y.reshape(len(y), -1)
        figures["dead"] = 1 - float(units.any(axis=1).mean())
        if node.layer.limits:
            low, high = node.layer.limits
            figures["saturated"] = float(((y < low + NEAR) | (y > high - NEAR)).mean())
    return figures
