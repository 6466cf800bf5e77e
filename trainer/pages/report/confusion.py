"""Which classes are taken for which, with the examples behind each cell."""

from __future__ import annotations

import numpy as np

from trainer.pages.report.examples import captions, look, most_shown, shown_inputs, visible
from trainer.pages.report.facts import Facts
from trainer.pages.report.predictions import Predictions
from trainer.pages.report.section import Section, clip, count, percent, text
from trainer.problems import Classification
from trainer.problems.metrics import confusions

MOST_CLASSES = 30  # of a matrix that can be read
EACH = 12  # examples of a cell
MOST_PAIRS = 8


def confusion(facts: Facts) -> Section | None:
    """Return the confusion matrix, and the pairs that are confused most often; None where it would be useless."""
    found = facts.predictions
    classes = len(facts.classes)
    if found is None or not isinstance(found.problem, Classification):
        return None
    if found.problem.writes and classes > MOST_CLASSES:  # with many tokens every cell is small, which shows nothing
        return None
    pairs = confusions(found.labels, found.predicted, classes)
    shown = worst_classes(*pairs, classes)
    totals = np.bincount(found.labels, minlength=classes)
    counts = _among(shown, *pairs, classes)
    names = [clip(visible(name), 24) for name in facts.classes]
    right = int((found.labels == found.predicted).sum())
    cells = examples_of_cells(found, shown, most_shown(found.dataset))
    indices = sorted({index for members in cells.values() for index in members})
    place = {index: number for number, index in enumerate(indices)}
    intro = f"{found.counted}: {right:,} right ({percent(right / max(1, len(found.labels)))})."
    if len(shown) < classes:
        intro += f" Of {classes:,} classes the {len(shown)} with the most mistakes are shown."
    intro += " Rows are true classes, columns predicted ones. Choose a cell to see its examples."
    body = (
        f'<p class="faint">{text(intro)}</p>{_pairs(pairs, totals, shown, names)}<div class="beside">'
        f'<div class="wide">{_matrix(counts, totals[shown], [names[each] for each in shown])}</div>'
        '<div id="cell" aria-live="polite"><h3></h3><div class="gallery"></div></div></div>'
    )
    data = {
        "names": [names[each] for each in shown],
        "counts": counts.tolist(),
        "cells": {key: [place[index] for index in members] for key, members in cells.items()},
        "examples": {
            **look(found.dataset, shown_inputs(found.dataset, found.source, indices)),
            "items": captions(facts, found, indices),
        },
    }
    return Section("confusion", "Confusion matrix", body, data={"confusion": data})


def worst_classes(
    true: np.ndarray, taken: np.ndarray, counts: np.ndarray, classes: int, most: int = MOST_CLASSES
) -> list[int]:
    """Return the classes in order; of more than `most`, those with the most mistakes.

    Args:
        true, taken, counts: As `confusions` gives them.
        classes: How many there are.
        most: How many to return.
    """
    wrong = np.where(true != taken, counts, 0)
    mistakes = sum(np.bincount(labels, wrong, classes) for labels in (true, taken))
    return sorted(np.argsort(-mistakes, kind="stable")[:most].tolist())


def _among(shown: list[int], true: np.ndarray, taken: np.ndarray, counts: np.ndarray, classes: int) -> np.ndarray:
    """Return the confusion matrix of the classes `shown` alone, (n, n); the rest as in `worst_classes`."""
    place = np.full(classes, -1)
    place[shown] = np.arange(len(shown))
    row, column = place[true], place[taken]
    both = (row >= 0) & (column >= 0)
    matrix = np.zeros((len(shown), len(shown)), np.int64)
    matrix[row[both], column[both]] = counts[both]
    return matrix


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


def _matrix(counts: np.ndarray, totals: np.ndarray, names: list[str]) -> str:
    """Return the table of counts (n, n) of the classes of these names, which have `totals` examples (n,)."""
    shares = counts / np.maximum(totals[:, np.newaxis], 1)
    head = "".join(f'<th scope="col"><span>{text(name)}</span></th>' for name in names)
    rows = []
    for row, true in enumerate(names):
        cells = "".join(
            _cell(row, column, int(counts[row, column]), float(shares[row, column]), true, taken)
            for column, taken in enumerate(names)
        )
        rows.append(f'<tr><th scope="row">{text(true)}</th>{cells}</tr>')
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


def _pairs(pairs: tuple[np.ndarray, ...], totals: np.ndarray, shown: list[int], names: list[str]) -> str:
    """Return the commonest mistakes as buttons."""
    known = {label: number for number, label in enumerate(shown)}
    wrong = pairs[0] != pairs[1]
    order = np.argsort(-pairs[2][wrong], kind="stable")[:MOST_PAIRS]
    items = []
    for true, taken, many in zip(*(each[wrong][order].tolist() for each in pairs), strict=True):
        if true in known and taken in known:
            share = many / totals[true]
            often = f"{count(many, 'time')}, {percent(share, 0 if share >= 0.01 else 1)} of them"
            items.append(
                f'<li><button type="button" data-cell="{known[true]},{known[taken]}">{text(names[true])} → '
                f"{text(names[taken])}</button> {often}</li>"
            )
    return f'<ol class="pairs">{"".join(items)}</ol>' if items else ""
