"""Examples as a network gets them, or the columns of which they consist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from trainer.datasets import INPUT, TARGET, Dataset, Draw, Source, Table, Text
from trainer.datasets.checks import Column
from trainer.datasets.tables.columns import DATE
from trainer.views import style
from trainer.views.examples import captions, chosen, draw_pictures, is_picture, read, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 24
MOST_CHARACTERS = 100  # of a window, the last ones
SHOWN_LEVELS = 10  # of a category
MOST_CLASSES = 6  # that have a colour of their own
BINS = 24
TICKS = 5
POINTS = 2000
ALIKE = 3.0  # ranges of two coordinates that are drawn to one scale
COLOURS = ("#0969da", "#d1570b", "#1a7f37", "#8250df", "#bf3989", "#59636e")


def draw_preview(
    dataset: Dataset, examples: Source, columns: Sequence[Column], targets: np.ndarray, seed: int
) -> Figure:
    """Draw training examples, as they suit.

    Pictures in a grid, augmented, with their classes; a few windows of a text; points of a plane; of a table a
    histogram for each column, coloured by class; of anything else each example as a line.

    Args:
        dataset: Their data set.
        examples: The training examples.
        columns, targets: As `datasets.checks.columns` returns them.
        seed: The seed of the run: examples are augmented as they will be.
    """
    field = dataset.inputs.get(INPUT)
    if isinstance(dataset, Text):
        return _draw_text(dataset, examples)
    if is_picture(field):
        return draw_pictures(dataset, examples, seed)
    if len(columns) <= 2 and all(column.kind == "number" for column in columns) and columns:
        return _draw_points(dataset, columns, targets)
    if columns and (len(columns) <= MOST_PANELS or isinstance(dataset, Table)):
        return _draw_columns(dataset, columns, targets)
    return _draw_lines(dataset, examples, seed)


def _draw_text(dataset: Text, examples: Source) -> Figure:
    indices = np.linspace(0, len(examples) - 1, min(20, len(examples))).astype(np.int64)
    windows, followers = (read(examples, indices, name) for name in (INPUT, TARGET))
    lines = [
        (_visible(dataset.decode(window)), _visible(dataset.decode([follower])))
        for window, follower in zip(windows, followers, strict=True)
    ]
    across = min(windows.shape[1], MOST_CHARACTERS)
    figure = style.new_figure(0.08 * across + 1.0, 0.26 * len(lines) + 0.7)
    axes = figure.add_subplot()
    style.style_axes(axes, "", grid=False)
    axes.set_title(f"{dataset.name}: windows, and what follows", loc="left", fontsize=9, color=style.INK)
    axes.set(xticks=[], yticks=[], ylim=(len(lines) - 0.5, -0.5), xlim=(0, across + 2))
    for place, (window, follower) in enumerate(lines):
        font = {"family": "monospace", "fontsize": 9, "va": "center"}
        axes.text(across, place, window[-across:].replace("$", r"\$"), ha="right", color=style.INK, **font)
        axes.text(across + 1, place, follower.replace("$", r"\$"), color=style.BEST, fontweight="bold", **font)
    return figure


def _visible(text: str) -> str:
    """Return a text with its white space as signs."""
    shown = text.translate(str.maketrans({" ": "·", "\n": "¶", "\t": "→"}))
    return "".join(c if c.isprintable() else "?" for c in shown)


def _draw_points(dataset: Dataset, columns: Sequence[Column], targets: np.ndarray) -> Figure:
    some = slice(0, POINTS)
    x = columns[0].values[some]
    y = columns[1].values[some] if len(columns) == 2 else None
    figure = style.new_figure(5.4, 4.4)
    axes = figure.add_subplot()
    style.style_axes(axes, f"{dataset.name}: training examples")
    axes.set_xlabel(short(columns[0].name, 30))
    if targets.ndim == 1 and dataset.num_classes:
        axes.set_ylabel(short(columns[1].name, 30) if y is not None else "class")
        heights = y if y is not None else targets[some] + 0.0
        for name, mask, colour in _by_class(dataset, targets[some]):
            axes.scatter(x[mask], heights[mask], s=8, color=colour, label=short(name), linewidths=0)
        look = {"frameon": False, "fontsize": 8, "labelcolor": style.INK, "markerscale": 1.5}
        figure.legend(loc="outside upper right", ncols=MOST_CLASSES, **look)
        if y is not None and 1 / ALIKE < np.ptp(x) / max(np.ptp(y), 1e-9) < ALIKE:
            axes.set_aspect("equal", adjustable="datalim")  # so that a circle is one
        return figure
    values = targets.reshape(len(targets), -1)[some, 0]
    if y is None:
        axes.scatter(x, values, s=8, color=style.VALIDATION, linewidths=0)
        axes.set_ylabel("target")
    else:
        axes.set_ylabel(short(columns[1].name, 30))
        figure.colorbar(axes.scatter(x, y, s=8, c=values, linewidths=0), label="target")
    return figure


def _by_class(dataset: Dataset, targets: np.ndarray) -> list[tuple[str, np.ndarray, str]]:
    """Return the name of each class, its examples as a mask, and its colour; the last colour is for all others."""
    if targets.ndim > 1 or not dataset.num_classes:
        return [("", np.ones(len(targets), bool), style.VALIDATION)]
    counts = np.bincount(targets, minlength=dataset.num_classes)
    own = np.arange(dataset.num_classes)
    if dataset.num_classes > MOST_CLASSES:
        own = np.argsort(-counts, kind="stable")[: MOST_CLASSES - 1]
    found = [(dataset.class_names[each], targets == each, colour) for each, colour in zip(own, COLOURS, strict=False)]
    others = ~np.isin(targets, [*own])
    return [*found, ("others", others, COLOURS[-1])] if dataset.num_classes > MOST_CLASSES else found


def _draw_columns(dataset: Dataset, columns: Sequence[Column], targets: np.ndarray) -> Figure:
    if targets.dtype.kind == "f" and dataset.num_classes is None:
        values = targets.reshape(len(targets), -1).T.astype(np.float64)
        names = [f"{name}, to be predicted" for name in dataset.value_names] or ["target"]
        columns = [*(Column(n, "number", each) for n, each in zip(names, values, strict=False)), *columns]
    across = min(4, len(columns))
    shown = columns[:MOST_PANELS]
    rows = -(-len(shown) // across)
    figure = style.new_figure(2.9 * across, 1.9 * rows + 0.5)
    classes = _by_class(dataset, targets)
    for number, column in enumerate(shown, start=1):
        axes = figure.add_subplot(rows, across, number)
        style.style_axes(axes, "", grid=False)
        axes.set_title(short(column.name, 24) + _remark(column), loc="left", fontsize=8, color=style.INK, pad=4)
        axes.tick_params(labelsize=7, pad=2)
        axes.set_yticks([])
        _histogram(axes, column, classes)
    if len(classes) > 1:
        handles, labels = figure.axes[0].get_legend_handles_labels()
        look = {"frameon": False, "fontsize": 7, "labelcolor": style.INK, "handlelength": 1}
        figure.legend(handles, labels, loc="outside upper right", ncols=len(labels), **look)
    more = f"; {len(columns) - len(shown)} more columns are not drawn" if len(columns) > len(shown) else ""
    figure.suptitle(f"{dataset.name}: what the columns hold{more}", fontsize=9, x=0.01, ha="left", color=style.INK)
    return figure


def _remark(column: Column) -> str:
    """Return what a panel does not show."""
    left_out = f"{SHOWN_LEVELS} of {len(column.levels):,} levels" if len(column.levels) > SHOWN_LEVELS else ""
    missing = f"{column.missing:,} missing" if column.missing else ""
    remarks = ", ".join(filter(None, (left_out, missing)))
    return f" ({remarks})" if remarks else ""


def _histogram(axes: Axes, column: Column, classes: Sequence[tuple[str, np.ndarray, str]]) -> None:
    """Draw how often values occur, the classes stacked."""
    known = column.values[~np.isnan(column.values)]
    if not len(known):
        return
    share = 0.9 if column.levels else 1.0  # of its place that a bar takes
    if column.levels:
        edges = np.arange(min(len(column.levels), SHOWN_LEVELS) + 1) - 0.5
        names = [short(level, 9) for level in column.levels[:SHOWN_LEVELS]]
        axes.set_xticks(range(len(names)), names, rotation=40 if len(names) > 3 else 0)
    else:
        edges = _edges(known)
        _show_ticks(axes, column.kind, known)
    bottom = np.zeros(len(edges) - 1)
    for name, mask, colour in classes:
        counts, _ = np.histogram(column.values[mask & ~np.isnan(column.values)], edges)
        centres, widths = (edges[:-1] + edges[1:]) / 2, share * np.diff(edges)
        axes.bar(centres, counts, widths, bottom, color=colour, label=short(name))
        bottom += counts


def _edges(known: np.ndarray) -> np.ndarray:
    """Return the edges of a histogram: of few whole numbers with each in the middle of a bar.

    Numbers may be so large and alike that their differences are lost.
    """
    low, high = known.min(), known.max()
    if high - low < BINS and (known == np.round(known)).all():
        return np.arange(low, high + 2) - 0.5
    room = max(abs(low), abs(high)) * 1e-9 + 1e-12
    if high - low < room:
        low, high = low - room, high + room
    return np.linspace(low, high, min(BINS, max(2, len(np.unique(known)))) + 1)


def _show_ticks(axes: Axes, kind: str, known: np.ndarray) -> None:
    """Write a few numbers, and days since 1970, as matplotlib counts them too, as dates."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import MaxNLocator

    numbers = MaxNLocator(TICKS, steps=[1, 2, 5, 10], integer=bool((known % 1 == 0).all()))
    locator = AutoDateLocator(minticks=3, maxticks=6) if kind == DATE else numbers  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    if kind == DATE:
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def _draw_lines(dataset: Dataset, examples: Source, seed: int) -> Figure:
    """Draw the numbers of each example in their order."""
    indices = chosen(examples, MOST_PANELS)
    name, draw = next(iter(dataset.inputs)), Draw(seed, 0, indices)
    titles = captions(dataset, read(examples, indices, TARGET, draw))
    values = read(examples, indices, name, draw).reshape(len(indices), -1)
    rows = -(-len(indices) // 4)
    figure = style.new_figure(10, 1.5 * rows + 0.5)
    for number, (caption, line) in enumerate(zip(titles, values, strict=True), start=1):
        axes = figure.add_subplot(rows, 4, number)
        style.style_axes(axes, "")
        axes.set_title(caption, loc="left", fontsize=8, color=style.INK, pad=4)
        axes.tick_params(labelsize=7, pad=2)
        axes.plot(line, color=style.VALIDATION, linewidth=1)
    figure.suptitle(f"{dataset.name}: training examples, {name}", fontsize=9, x=0.01, ha="left", color=style.INK)
    return figure
