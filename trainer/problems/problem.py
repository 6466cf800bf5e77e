"""The contract of a problem: what a network's outputs mean, and how good they are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any, ClassVar

import numpy as np

from trainer.datasets import DataError
from trainer.ground.errors import ConfigError
from trainer.models import Graph, GraphError
from trainer.models.layer import Shape
from trainer.models.losses.loss import Loss

Sums = Mapping[str, float | np.ndarray]
"""Sums over examples by name, each a number or a vector (M,)."""


@dataclass(frozen=True)
class Metric:
    """A figure that measures how good outputs are.

    Attributes:
        label: What plots call it, such as "accuracy".
        figure: The figure, from the sums over all examples and the number of examples, which is not 0; a function that
            can be pickled.
        higher_is_better: Whether more of it is better; if not, less is.
        needs: The sum that is measured for it alone; None: what is measured anyway suffices.
    """

    label: str
    figure: Callable[[Sums, int], float]
    higher_is_better: bool
    needs: str | None = None


def mean(name: str) -> Callable[[Sums, int], float]:
    """Return a function for a figure that is a sum divided by the number of examples."""
    return partial(_mean, name=name)


def ratio(numerator: str, denominator: str) -> Callable[[Sums, int], float]:
    """Return a function for a figure that is one sum divided by another; 0 if the other is 0."""
    return partial(_ratio, numerator=numerator, denominator=denominator)


def _mean(sums: Sums, examples: int, name: str) -> float:
    return float(sums[name] / examples)


def _ratio(sums: Sums, examples: int, numerator: str, denominator: str) -> float:
    return float(sums[numerator] / sums[denominator]) if sums[denominator] else 0.0


LOSS = Metric("loss", mean("loss"), higher_is_better=False)


class Problem(ABC):
    """What a network's outputs mean, and everything about a run that depends on it.

    A problem is one class in one file. Data with `num_classes` are a `Classification`, other data a `Regression`; a
    dataset names another problem in its attribute `problem`: `problem = "trainer.problems.MultiLabel"`.

    Workers measure their shards of a batch. Their sums are added up over workers and batches, and become figures at the
    end; so measures must be sums over examples. Inside the engine the batch is the last axis of an array, (K, N);
    everywhere else it is the first, (N, K). Each method says which it means.

    Args:
        graph: The network, before fusion.
        num_classes: Number of classes of the data; None: they have no classes.

    Attributes:
        metrics: The figures by name, `LOSS` as "loss" first. Each gives the columns train_NAME and val_NAME of
            metrics.csv, in this order.
        optional: Further figures by name, which a run has where it asks for them.
        needed: The sums that `measures` gives for those that were asked for.
        headline: The metric by which epochs are compared; the loss decides between equals.
        writes: Whether the outputs say how the input continues, token by token, so that the network can write.
        loss: The loss where the configuration names none, as a `_target_`.
        output_shape, last_layer: The output shape and last layer of the network.
        num_classes: As given.
        target_shape, target_dtype: The shape and dtype of one example's target. A subclass sets them as attributes of
            the class or, if they depend on the network, in its `__init__`.
    """

    metrics: Mapping[str, Metric]
    optional: Mapping[str, Metric] = {}
    needed: tuple[str, ...] = ()
    headline: ClassVar[str]
    writes: bool = False
    loss: ClassVar[str]
    target_shape: Shape
    target_dtype: type[np.generic]

    def __init__(self, graph: Graph, num_classes: int | None) -> None:
        self.output_shape, self.last_layer = graph.output_shape, graph.nodes[-1].layer
        self.num_classes = num_classes

    def learns_by(self, loss: Mapping[str, Any]) -> None:
        """Take note of the loss, as a configuration has it, before `ask`; nothing unless overridden."""

    def ask(self, names: Iterable[str]) -> None:
        """Have these figures of `optional` too; those that all runs have may be named. Raises ValueError for others."""
        for name in names:
            if name not in self.metrics and name not in self.optional:
                known = ", ".join([*self.optional, *self.metrics])
                raise ValueError(f"metrics: these data have no '{name}'; they have {known}")
            self.metrics = {**self.metrics, name: self.metrics.get(name) or self.optional[name]}
        sums = (metric.needs for metric in self.metrics.values() if metric.needs)
        self.needed = tuple(dict.fromkeys(sums))

    def check(self) -> None:
        """Raise GraphError if the network's output does not fit."""

    def check_loss(self, loss: Loss) -> None:
        """Raise GraphError if this loss teaches something else than what the outputs are taken for."""

    def check_targets(self, targets: np.ndarray) -> None:
        """Check the targets (N, ...) of a whole split: here their shape and type. Subclasses add the values.

        Raises:
            GraphError: They do not fit the network's output.
            DataError: They are not targets of this problem.
        """
        if targets.shape[1:] != self.target_shape:
            found, wanted = targets.shape[1:], self.target_shape
            if len(found) == len(wanted) == 1:
                problem = f"the network gives {wanted[0]} outputs but the targets have {found[0]}"
                raise GraphError(problem, f"set out_features of its last layer to {found[0]}")
            raise DataError(
                f"the targets are of shape {_shape(found)} but {type(self).__name__} needs {_shape(wanted)}; "
                "fix the data, or name its problem"
            )
        if not np.can_cast(targets.dtype, self.target_dtype, "same_kind"):
            raise DataError(
                f"the targets are {targets.dtype} but {type(self).__name__} needs {np.dtype(self.target_dtype)}; "
                "fix the data, or name its problem"
            )
        check_finite(targets)

    @abstractmethod
    def measures(self, outputs: np.ndarray, targets: np.ndarray) -> dict[str, float | np.ndarray]:
        """Return sums over the examples of a shard, which may have none.

        Called for every batch. The names "loss" (the sum of the losses) and "samples" are taken.

        Args:
            outputs: (K, N), the network's last node, not to be changed.
            targets: The targets of the same examples, batch last.

        Returns:
            Numbers or float64 vectors (M,) by name: the same names and lengths for every batch.
        """

    @abstractmethod
    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Return what users see of the outputs (N, K): probabilities of classes or labels, or the predicted values."""

    def outputs_of(self, probabilities: np.ndarray) -> np.ndarray:
        """Return outputs (N, K) that have these `probabilities` (N, K), such as the mean of several.

        Raises:
            ConfigError: The problem does not override it.
        """
        raise ConfigError(f"{type(self).__name__} does not define outputs_of, so there are no means of predictions")

    @abstractmethod
    def predictions(self, outputs: np.ndarray) -> np.ndarray:
        """Return the best guess (N, ...) at the targets, from the outputs (N, K)."""

    @abstractmethod
    def random_targets(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Return random targets of `count` examples, batch last, of `target_dtype`, for checking gradients."""

    def constant(self, mean: np.ndarray, names: Sequence[str]) -> tuple[str, np.ndarray] | None:
        """Return the best answer that is the same for every example; None unless overridden.

        Args:
            mean: float64 (K,), the mean of the targets; of labels the share of each class.
            names: The names of the classes.

        Returns:
            Its name, such as "always 'cat'", and the outputs (K,) that give it.
        """
        return None

    def example_losses(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray | None:
        """Return how wrong the outputs are for each example, (N,) float64, whatever loss the network is trained with.

        It ranks examples, as for the worst mistakes. None unless overridden.

        Args:
            outputs: (N, K).
            targets: (N, ...).
        """
        return None

    def claims(self, outputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Return what the outputs claim with which probability, and whether it is so, for `calibration`.

        None unless overridden.

        Args:
            outputs: (N, K).
            targets: (N, ...).

        Returns:
            Probabilities (M,) and outcomes (M,) bool of M claims.
        """
        return None

    def details(self, outputs: np.ndarray, targets: np.ndarray, names: Sequence[str], k: int) -> dict[str, Any]:
        """Return what `trainer evaluate` shows besides the figures, as JSON values; nothing unless overridden.

        Args:
            outputs: (N, K) of all examples.
            targets: (N, ...) of all examples.
            names: The names of the classes, or of the values.
            k: The k of top-k accuracy.
        """
        return {}

    def figures(self, sums: Sums, examples: int) -> dict[str, float | None]:
        """Return the figure of every metric by name, from sums over this many examples; all None if there are none."""
        if not examples:
            return dict.fromkeys(self.metrics)
        return {name: float(metric.figure(sums, examples)) for name, metric in self.metrics.items()}

    def rank(self, figures: Mapping[str, float | None]) -> tuple[float, float]:
        """Return how good figures are, for comparisons: larger is better."""
        value, sign = figures.get(self.headline), 1 if self.metrics[self.headline].higher_is_better else -1
        return (-inf if value is None else sign * value, -figures["loss"])


def check_finite(targets: np.ndarray) -> None:
    """Raise DataError unless all targets (N, ...) are finite."""
    if targets.dtype.kind == "f" and not np.isfinite(targets).all():
        example = np.flatnonzero(~np.isfinite(targets.reshape(len(targets), -1)).all(axis=1))[0]
        raise DataError(f"the target of example {example} is not finite; fix the data")


def known_metrics() -> dict[str, Metric]:
    """Return the metrics of all problems that have been imported, by name."""
    found = (vars(kind).get(place, {}) for kind in _kinds(Problem) for place in ("metrics", "optional"))
    return {name: metric for metrics in found for name, metric in metrics.items()}


def metric_of(column: str) -> Metric | None:
    """Return the metric of a column of metrics.csv, such as val_accuracy; None if no problem has it."""
    part, _, name = column.partition("_")
    return known_metrics().get(name) if part in ("train", "val") else None


def shown(figure: float) -> str:
    """Return a figure as text for people; files have all its digits."""
    return f"{figure:.4f}"


def in_words(figures: Mapping[str, float | None]) -> str:
    """Return figures as text: "loss 0.1234, accuracy 0.9876"; those that are None are left out."""
    return ", ".join(f"{name} {shown(value)}" for name, value in figures.items() if value is not None)


def _kinds(kind: type[Problem]) -> Iterator[type[Problem]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _kinds(child)


def _shape(shape: Shape) -> str:
    return f"(N, {', '.join(map(str, shape))})" if shape else "(N,)"
