"""How good the network is at each class or label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainer.pages.report.examples import visible
from trainer.pages.report.facts import Facts
from trainer.pages.report.predictions import Predictions
from trainer.pages.report.section import Html, Section, clip, number, table
from trainer.problems import Classification, MultiLabel, NextToken
from trainer.problems.metrics import Counts, averages, counts_of, precision_recall_f1
from trainer.problems.next_token import Costs, perplexity

MOST_CLASSES = 200
MEASURES = ("precision", "recall", "f1")
MEANING = (
    "Precision: the share of predictions of the class that are right. Recall: the share of the class that is found. "
    "F1: their harmonic mean."
)


def classes(facts: Facts) -> Section | None:
    """Return a table of each class's precision, recall and F1, or of what each token costs; None without classes."""
    found = facts.predictions
    if found is None or not isinstance(found.problem, Classification | MultiLabel):
        return None
    if isinstance(found.problem, NextToken):
        return _tokens(found, facts.classes, found.problem.costs(found.outputs, found.labels))
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


def _tokens(found: Predictions, names: Sequence[str], costs: Costs) -> Section:
    """Return a table of what each token costs, the dearest first; rare ones need not be the likeliest anywhere."""
    order = [place for place in np.argsort(-costs.sums, kind="stable")[:MOST_CLASSES] if costs.examples[place]]
    rows: list[list[object]] = []
    for place in order:
        guesses = np.bincount(found.predicted[found.labels == place], minlength=len(names))
        guesses[place] = 0
        rows.append(
            [
                visible(names[place]),
                f"{costs.examples[place]:,.0f}",
                _bar(float(costs.shares[place])),
                number(perplexity(float(costs.sums[place] / costs.examples[place])), 3),
                _bar(float(costs.accuracy[place])),
                clip(visible(names[int(guesses.argmax())])) if guesses.any() else "",
            ]
        )
    intro = (
        f"Of {found.counted}. Share: of the whole loss. Perplexity: between how many the network was undecided where "
        "this one came. Accuracy: how often this one was the likeliest."
    )
    header = ["next", "examples", "share", "perplexity", "accuracy", "else mostly"]
    body = f'<p class="faint">{intro}</p>{table(header, rows, range(1, 5), "sortable")}'
    return Section("classes", "What costs most", body)


def _bar(share: float) -> Html:
    return Html(f'<span class="bar" style="--share:{100 * share:.1f}%">{number(share, 3)}</span>')
