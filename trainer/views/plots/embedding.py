"""The last hidden layer in a plane: which examples the network takes for alike (PCA, t-SNE)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from trainer.views import style
from trainer.views.subject import UnsuitableError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from trainer.views.subject import Subject

MOST = 1000  # examples
MOST_CLASSES = 20
NEIGHBOURS = 30  # what t-SNE calls perplexity


def draw(subject: Subject) -> Figure:
    names, found = subject.classes, subject.measured
    if found.targets.ndim != 1:
        raise UnsuitableError("each example has several labels")
    if len(names) > MOST_CLASSES:
        raise UnsuitableError(f"more than {MOST_CLASSES} classes cannot be told apart")
    layer = last_hidden(subject)
    count = min(MOST, len(found.targets))
    if count < 3:
        raise UnsuitableError("there are too few examples")
    indices = np.linspace(0, len(found.targets) - 1, count).astype(np.int64)
    vectors = subject.activations(indices)[layer].reshape(count, -1).astype(np.float64)
    if not np.isfinite(vectors).all():
        raise UnsuitableError("the activations are not finite")
    points, share = principal(vectors)
    maps = {f"PCA, {share:.0%} of the variance": points}
    if find_spec("sklearn") and vectors.shape[1] > 2:
        maps["t-SNE"] = neighbours(vectors)
    if find_spec("umap") and vectors.shape[1] > 2:
        from umap import UMAP  # type: ignore[import-not-found]

        maps["UMAP"] = UMAP(random_state=0).fit_transform(vectors)
    what = f"{layer}, {vectors.shape[1]} units, of {count:,} {found.split} examples"
    predicted = subject.network.problem.predictions(found.outputs[indices])
    return draw_embedding(maps, found.targets[indices], predicted, names, subject.title, what)


def last_hidden(subject: Subject) -> str:
    """Return the layer that the last one with weights looks at. Raises UnsuitableError if that is the input."""
    graph = subject.network.graph
    for node in reversed(graph.nodes):
        if any(len(graph.parameters[name].shape) > 1 for name in node.parameters.values()):
            if node.inputs[0] in graph.inputs:
                break
            return node.inputs[0]
    raise UnsuitableError("the network has no hidden layer")


def principal(vectors: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the places (N, 2) of vectors (N, F) along their two principal axes, and the share of the variance there.

    Each axis points so that its largest weight is positive.
    """
    centred = vectors - vectors.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:2] * np.sign(np.take_along_axis(axes[:2], np.abs(axes[:2]).argmax(axis=1, keepdims=True), axis=1))
    points = np.zeros((len(vectors), 2))
    points[:, : len(axes)] = centred @ axes.T
    total = float(np.square(sizes).sum())
    return points, float(np.square(sizes[:2]).sum()) / total if total else 1.0


def neighbours(vectors: np.ndarray) -> np.ndarray:
    """Return places (N, 2) at which neighbours stay neighbours (van der Maaten & Hinton 2008)."""
    from sklearn.manifold import TSNE

    perplexity = min(NEIGHBOURS, (len(vectors) - 1) / 3)
    return TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(vectors.astype(np.float32))


def draw_embedding(
    maps: Mapping[str, np.ndarray], labels: np.ndarray, predicted: np.ndarray, names: Sequence[str], title: str = "",
    what: str = "",
) -> Figure:  # fmt: skip
    """Draw each map with a colour and a marker for each class; mistakes have a dark edge.

    Args:
        maps: Places (N, 2), by what made them.
        labels, predicted: (N,).
        names: Of the classes.
        title: Names the run.
        what: Says what is shown.
    """
    from matplotlib.lines import Line2D

    figure = style.new_figure(4.6 * len(maps), 4.4)
    looks = [(style.PALETTE[k % len(style.PALETTE)], style.MARKERS[k % len(style.MARKERS)]) for k in range(len(names))]
    for place, (name, points) in enumerate(maps.items(), start=1):
        axes = figure.add_subplot(1, len(maps), place)
        style.style_axes(axes, name, grid=False)
        axes.set(xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set(visible=True, color=style.GRID)
        _scatter(axes, points, labels, predicted, looks)
    entries = [
        (Line2D([], [], linestyle="", marker=marker, color=colour, markersize=6), style.plain(name, 22))
        for (colour, marker), name in zip(looks, names, strict=True)
    ]
    edge = {"markerfacecolor": style.PAPER, "markeredgecolor": style.INK, "markeredgewidth": 1.4}
    wrong = int(np.count_nonzero(labels != predicted))
    entries.append((Line2D([], [], linestyle="", marker="o", markersize=6, **edge), f"mistake ({wrong})"))
    style.side_legend(figure, entries)
    style.headline(figure, title, what)
    return figure


def _scatter(
    axes: Axes, points: np.ndarray, labels: np.ndarray, predicted: np.ndarray, looks: Sequence[tuple[str, str]]
) -> None:
    for label, (colour, marker) in enumerate(looks):
        for wrong in (False, True):
            chosen = points[(labels == label) & ((predicted != label) == wrong)]
            edge = {"edgecolors": style.INK, "linewidths": 1.2} if wrong else {"linewidths": 0, "alpha": 0.75}
            axes.scatter(chosen[:, 0], chosen[:, 1], s=22, color=colour, marker=marker, **edge)
