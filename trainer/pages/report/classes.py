"""How good the network is at each class or label."""

from __future__ import annotations

import numpy as np

from trainer.pages.report.examples import visible
from trainer.pages.report.facts import Facts
from trainer.pages.report.section import Html, Section, clip, number, table
from trainer.problems import Classification, MultiLabel
from trainer.problems.metrics import Counts, averages, counts_of, precision_recall_f1

MOST_CLASSES = 200
MEASURES = ("precision", "recall", "f1")
MEANING = (
    "Precision: how many of those taken for the class are of it. Recall: how many of the class were found. "
    "F1: their harmonic mean."
)


def classes(facts: Facts) -> Section | None:
    """Return a table of each class's precision, recall and F1; None where there are no classes or labels."""
    found = facts.predictions
    if found is None or not isinstance(found.problem, Classification | MultiLabel):
        return None
    if isinstance(found.problem, Classification):
        counts = counts_of(found.labels, found.predicted, len(facts.classes))
    else:
        true, predicted = found.targets > 0.5, found.predicted
        counts = Counts(*(marks.sum(axis=0) for marks in (true & predicted, true, predicted)))
    measured = precision_recall_f1(counts)
    occurs = np.flatnonzero(counts.examples + counts.predicted > 0)
    order = occurs[np.argsort(measured["f1"][occurs], kind="stable")][:MOST_CLASSES]
    rows: list[list[object]] = [
        [
            clip(visible(facts.classes[each])),
            *(_bar(float(measured[m][each])) for m in MEASURES),
            f"{counts.examples[each]:,}",
        ]
        for each in order
    ]
    means = averages(measured, counts)
    rows += [[f"{mean} mean", *(_bar(means[mean][measure]) for measure in MEASURES), ""] for mean in means]
    many = f" The {MOST_CLASSES} worst of {len(occurs)}." if len(occurs) > MOST_CLASSES else ""
    header = ["class", "precision", "recall", "F1", "examples"]
    body = f'<p class="faint">{MEANING}{many}</p>{table(header, rows, range(1, 5), "sortable")}'
    return Section("classes", "Classes", body)


def _bar(share: float) -> Html:
    return Html(f'<span class="bar" style="--share:{100 * share:.1f}%">{number(share, 3)}</span>')
