"""The last hidden layer in a plane: which examples look alike to the network (PCA, t-SNE, UMAP)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from trainer.ground.extras import install_hint
from trainer.views import style
from trainer.views.subject import UnsuitableError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from trainer.views.subject import Subject

LEAST, MOST = 5, 1000  # examples
MOST_CLASSES = 20
PERPLEXITY, NEIGHBOURS = 30, 15  # of t-SNE and of UMAP, where there are enough examples


def draw(subject: Subject) -> Figure:
    names, found = subject.classes, subject.measured
    if found.targets.ndim != 1:
        raise UnsuitableError("each example has several labels")
    if len(names) > MOST_CLASSES:
        raise UnsuitableError(f"more than {MOST_CLASSES} classes cannot be told apart")
    layer = last_hidden(subject)
    count = min(MOST, len(found.targets))
    if count < LEAST:
        raise UnsuitableError("there are too few examples")
    indices = np.linspace(0, len(found.targets) - 1, count).astype(np.int64)
    vectors = subject.activations(indices)[layer].reshape(count, -1).astype(np.float64)
    if not np.isfinite(vectors).all():
        raise UnsuitableError("the activations are not finite")
    points, share = principal(vectors)
    maps = {f"PCA, {share:.0%} of the variance": points}
    if vectors.shape[1] > 2 and (scaled := _scaled(vectors)) is not None:
        for name, (place, extra) in LIBRARIES.items():
            try:
                maps[name] = place(scaled)
            except ImportError:
                subject.notes.append(f"{name} in embedding: {install_hint(extra)}")
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


def _scaled(vectors: np.ndarray) -> np.ndarray | None:
    """Return the vectors around 0 and up to 1, which leaves neighbours what they are; None if they are all alike."""
    centred = vectors - vectors.mean(axis=0)
    largest = np.abs(centred).max()
    return centred / largest if largest > 1e-12 * np.abs(vectors).max() else None  # rounding is no difference


def t_sne(vectors: np.ndarray) -> np.ndarray:
    """Return places (N, 2) at which neighbours stay neighbours (van der Maaten & Hinton 2008).

    The vectors (N, F) must not be all alike. Raises ImportError without scikit-learn.
    """
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(vectors) - 1) / 3)
    return TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(vectors.astype(np.float32))


def umap(vectors: np.ndarray) -> np.ndarray:
    """Return places (N, 2) at which neighbours stay neighbours (McInnes et al. 2018).

    Raises ImportError without umap-learn.
    """
    from umap import UMAP  # type: ignore[import-not-found]

    neighbours = min(NEIGHBOURS, len(vectors) - 1)
    return UMAP(n_neighbors=neighbours, random_state=0, n_jobs=1).fit_transform(vectors)  # one job, or it warns


LIBRARIES = {"t-SNE": (t_sne, "sklearn"), "UMAP": (umap, "umap")}
"""What makes each further map, and the extra that it needs."""


def draw_embedding(
    maps: Mapping[str, np.ndarray], labels: np.ndarray, predicted: np.ndarray, names: Sequence[str], title: str = "",
    what: str = "",
) -> Figure:  # fmt: skip
    """Draw each map with a colour and a marker for each class; mistakes have a dark edge.

    Args:
        maps: Places (N, 2), by what made them.
        labels, predicted: (N,).
        names: The names of the classes.
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
        (Line2D([], [], linestyle="", marker=marker, color=colour, markersize=6), name)
        for (colour, marker), name in zip(looks, style.shortened(names, 22), strict=True)
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
