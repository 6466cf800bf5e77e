"""layers.csv: what happens inside the network, a row for each epoch and layer."""

import csv
from collections.abc import Iterable, Mapping, Sequence
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
Outputs = Mapping[str, Figures]
Norms = Mapping[str, Sequence[float]]
"""By layer: of gradients, of changes, and of what they change."""


class Layers(Callback):
    """Writes layers.csv: after each epoch a row for each layer that learns and for each activation.

    Epoch 0 is the beginning: the first step, and the network before it.

    A figure that a layer does not have stays empty. Means over some steps of the epoch, before `clip_norm`:

        gradient_norm: the Euclidean norm of the gradient of all the layer's learned parameters.
        gradient_rms: the same for a single parameter, √(Σ g² / n), so that layers of different size compare.
        update_ratio: the norm of the layer's change in a step over the norm of the layer, ‖Δθ‖ / ‖θ‖.

    After the epoch, from a few training examples (see `trainer.engine.probe`):

        weight_norm: the Euclidean norm of all that the layer learns.
        dead: the share of an activation's units, or channels, that are 0 for all examples.
        saturated: the share of a tanh's or sigmoid's outputs that are within 0.03 of a limit.
        output_mean, output_deviation: the mean and deviation of all outputs of the layer.

    Before the first epoch BatchNorm's running statistics are meaningless, so networks with BatchNorm have no figures of
    outputs for epoch 0.

    Args:
        steps: How many of an epoch's steps to look at; they are spread evenly and include the last.

    Raises:
        ValueError: `steps` is out of range.
    """

    def __init__(self, steps: int = 4) -> None:
        check_range("steps", steps, "[1, inf)")
        self.steps = steps
        self._count = 0  # steps looked at in this epoch
        self._sums: dict[str, list[float]] = {}  # of `Norms`
        self._before = np.empty(0)  # all parameters before the step that is looked at
        self._outputs: Outputs = {}  # before the first step
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
        kept = [row for row in rows if row[0].isdecimal() and int(row[0]) <= run.epoch and run.step]
        with replacing(path) as temporary:
            temporary.write_text(_lines([COLUMNS, *kept]) if kept else "", encoding="utf-8", newline="\n")

    def watch(self, run: Run) -> Watch | None:
        if run.step and run.step % run.steps_per_epoch not in self._chosen:
            return None
        if not run.step and not run.probe.parameters.kept.size:
            self._outputs = _answers(run)
        self._before = run.probe.parameters.data.copy()
        return ALL

    def on_watched(self, run: Run, watched: Watched) -> None:
        store, before = run.probe.parameters, self._before
        parts = (watched.parameters, store.views(store.data - before), store.views(before))
        learned = _learned(run).items()
        norms = {layer: [_norm(part[name] for name in names) for part in parts] for layer, names in learned}
        if run.step == 1:
            self._write(run, 0, norms, {name: own[-1] for name, own in norms.items()}, self._outputs)
        if (run.step - 1) % run.steps_per_epoch in self._chosen:
            for name, own in norms.items():
                sums = self._sums.get(name, [0.0] * len(own))
                self._sums[name] = [total + norm for total, norm in zip(sums, own, strict=True)]
            self._count += 1

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        means = {name: [total / self._count for total in sums] for name, sums in self._sums.items()}
        store, learned = run.probe.parameters, _learned(run).items()
        weights = {layer: _norm(store[name] for name in names) for layer, names in learned}
        run.layers = self._write(run, run.epoch, means, weights, _answers(run))
        self._count, self._sums = 0, {}

    def _write(self, run: Run, epoch: int, norms: Norms, weights: Mapping[str, float], outputs: Outputs) -> Outputs:
        """Append a row for each layer that has figures, in the order of the network; return them.

        Args:
            run: The run.
            epoch: The epoch of the rows.
            norms: The norms of the steps, see `_steps`.
            weights: `weight_norm` by layer.
            outputs: See `_answers`.
        """
        rows, written, learned = [], {}, _learned(run)
        for node in run.probe.graph.nodes:
            figures = {"weight_norm": weights[node.name]} if node.name in weights else {}
            if node.name in norms:
                figures |= _steps(norms[node.name], sum(run.probe.parameters[name].size for name in learned[node.name]))
            if figures := figures | outputs.get(node.name, {}):
                finite = {name: figure for name, figure in figures.items() if isfinite(figure)}
                written[node.name] = finite
                values = (repr(finite[name]) if name in finite else "" for name in COLUMNS[3:])
                rows.append([str(epoch), node.name, node.kind, *values])
        path = run.directory / LAYER_FIGURES
        has_header = path.exists() and path.stat().st_size
        append(path, _lines(rows if has_header else [COLUMNS, *rows]))
        return written

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


def _learned(run: Run) -> dict[str, list[str]]:
    """Return the full names of the parameters that a layer learns, by layer; layers that learn nothing are left out."""
    known = run.probe.graph.parameters
    nodes = run.probe.graph.nodes
    found = {node.name: [name for name in node.parameters.values() if known[name].trainable] for node in nodes}
    return {layer: names for layer, names in found.items() if names}


def _steps(norms: Sequence[float], size: int) -> Figures:
    """Return the figures of a layer's `Norms`; it has `size` learned numbers."""
    gradient, change, weights = norms
    figures = {"gradient_norm": gradient, "gradient_rms": gradient / sqrt(size)}
    return figures | ({"update_ratio": change / weights} if weights else {})


def _answers(run: Run) -> Outputs:
    """Return the figures of the outputs of each layer that learns and of each activation, as they are now."""
    outputs, learned = run.probe(), _learned(run)
    shown = (node for node in run.probe.graph.nodes if isinstance(node.layer, Activation) or node.name in learned)
    return {node.name: answers_of(node, outputs[node.name]) for node in shown}


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
