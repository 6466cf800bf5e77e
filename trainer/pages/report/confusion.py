"""Which classes are taken for which, with the examples behind each cell."""

from __future__ import annotations

import numpy as np

from trainer.pages.report.examples import captions, look, most_shown, shown_inputs, visible
from trainer.pages.report.facts import Facts
from trainer.pages.report.predictions import Predictions
from trainer.pages.report.section import Section, clip, count, percent, text
from trainer.problems import Classification
from trainer.problems.metrics import confusion_matrix

MOST_CLASSES = 30  # of a matrix that can be read
EACH = 12  # examples of a cell
MOST_PAIRS = 8


def confusion(facts: Facts) -> Section | None:
    """Return the confusion matrix, and the pairs that are confused most often; None where it would be useless."""
    found = facts.predictions
    classes = len(facts.classes)
    if found is None or not isinstance(found.problem, Classification):
        return None
    if found.problem.writes and classes > MOST_CLASSES:  # of many tokens each is taken for many, which says nothing
        return None
    counts = confusion_matrix(found.labels, found.predicted, classes)
    shown = worst_classes(counts)
    names = [clip(visible(name), 24) for name in facts.classes]
    wrong = counts - np.diag(np.diag(counts))
    cells = examples_of_cells(found, shown, most_shown(found.dataset))
    indices = sorted({index for members in cells.values() for index in members})
    place = {index: number for number, index in enumerate(indices)}
    intro = f"{found.counted}: {int(np.trace(counts)):,} right ({percent(np.trace(counts) / max(1, counts.sum()))})."
    if len(shown) < classes:
        intro += f" Of {classes} classes the {len(shown)} with the most mistakes are shown."
    intro += " Rows are true classes, columns predicted ones. Choose a cell to see its examples."
    body = (
        f'<p class="faint">{text(intro)}</p>{_pairs(wrong, counts, shown, names)}<div class="beside">'
        f'<div class="wide">{_matrix(counts, shown, names)}</div>'
        '<div id="cell" aria-live="polite"><h3></h3><div class="gallery"></div></div></div>'
    )
    data = {
        "names": [names[each] for each in shown],
        "counts": counts[np.ix_(shown, shown)].tolist(),
        "cells": {key: [place[index] for index in members] for key, members in cells.items()},
        "examples": {
            **look(found.dataset, shown_inputs(found.dataset, found.source, indices)),
            "items": captions(facts, found, indices),
        },
    }
    return Section("confusion", "Confusion matrix", body, data={"confusion": data})


def worst_classes(counts: np.ndarray, most: int = MOST_CLASSES) -> list[int]:
    """Return the classes of a confusion matrix in their order, or if they are too many those with the most mistakes."""
    mistakes = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts)
    return sorted(np.argsort(-mistakes, kind="stable")[:most].tolist())


def examples_of_cells(found: Predictions, shown: list[int], most: int, each: int = EACH) -> dict[str, list[int]]:
    """Return the examples to show for each cell, by "row,column", as many for all as the page has room for.

    Of mistakes the surest come first, of right answers the least sure.
    """
    cells: dict[tuple[int, int], list[int]] = {}
    sure = found.probabilities[np.arange(len(found.predicted)), found.predicted]
    wrong = found.predicted != found.labels
    known = {label: number for number, label in enumerate(shown)}
    for index in np.argsort(np.where(wrong, -sure, sure), kind="stable").tolist():
        row, column = known.get(int(found.labels[index])), known.get(int(found.predicted[index]))
        if row is not None and column is not None:
            cells.setdefault((row, column), []).append(index)
    while each > 1 and sum(min(each, len(members)) for members in cells.values()) > most:
        each -= 1
    return {f"{row},{column}": cells[row, column][:each] for row, column in sorted(cells)}


def _matrix(counts: np.ndarray, shown: list[int], names: list[str]) -> str:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    head = "".join(f'<th scope="col"><span>{text(names[each])}</span></th>' for each in shown)
    rows = []
    for row, true in enumerate(shown):
        cells = "".join(
            _cell(row, column, int(counts[true, taken]), float(shares[true, taken]), names[true], names[taken])
            for column, taken in enumerate(shown)
        )
        rows.append(f'<tr><th scope="row">{text(names[true])}</th>{cells}</tr>')
    return (
        f'<table class="matrix" role="grid" aria-label="Confusion matrix"><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _cell(row: int, column: int, number: int, share: float, true: str, taken: str) -> str:
    if not number:
        return "<td></td>"
    # The root lets rare confusions show beside a nearly full diagonal.
    depth = 100 * share**0.5
    kind = "right" if row == column else "wrong"
    label = f"{true} taken for {taken}: {number:,}" if row != column else f"{true}, right: {number:,}"
    return (
        f'<td class="{kind}{" deep" if depth > 55 else ""}" style="--depth:{depth:.0f}%"><button type="button" '
        f'tabindex="-1" data-cell="{row},{column}" aria-label="{text(label)}">{number:,}</button></td>'
    )


def _pairs(wrong: np.ndarray, counts: np.ndarray, shown: list[int], names: list[str]) -> str:
    """Return the commonest mistakes as buttons."""
    known = {label: number for number, label in enumerate(shown)}
    order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_PAIRS]
    items = []
    for true, taken in zip(*np.unravel_index(order, wrong.shape), strict=True):
        if wrong[true, taken] and true in known and taken in known:
            share = wrong[true, taken] / counts[true].sum()
            often = f"{count(int(wrong[true, taken]), 'time')}, {percent(share, 0 if share >= 0.01 else 1)} of them"
            items.append(
                f'<li><button type="button" data-cell="{known[true]},{known[taken]}">{text(names[true])} → '
                f"{text(names[taken])}</button> {often}</li>"
            )
    return f'<ol class="pairs">{"".join(items)}</ol>' if items else ""
