"""The examples that the network gets most wrong."""

from __future__ import annotations

import numpy as np

from trainer.pages.report.examples import are_pictures, captions, look, most_shown, shown_inputs
from trainer.pages.report.facts import Facts
from trainer.pages.report.section import Section, text
from trainer.problems import Classification

MOST, MOST_ROWS = 24, 12


def mistakes(facts: Facts) -> Section | None:
    """Return the examples with the largest losses; None where the problem does not say how wrong an example is."""
    found = facts.predictions
    losses = found.problem.example_losses(found.outputs, found.targets) if found else None
    if found is None or losses is None:
        return None
    wrong = np.ones(len(losses), bool)
    if isinstance(found.problem, Classification):
        wrong = found.predicted != found.labels
    order = [index for index in np.argsort(-losses, kind="stable").tolist() if wrong[index]]
    order = order[: min(MOST if are_pictures(found.dataset) else MOST_ROWS, most_shown(found.dataset))]
    if not order:
        return None
    wrong_labels = "" if found.problem.writes else "wrong labels, and for "
    intro = f"Those with the largest loss, of {found.counted}. Look for {wrong_labels}what they have in common."
    examples = {
        **look(found.dataset, shown_inputs(found.dataset, found.source, order)),
        "items": captions(facts, found, order),
    }
    body = f'<p class="faint">{text(intro)}</p><div class="gallery" data-examples="mistakes"></div>'
    return Section("mistakes", "Worst mistakes", body, data={"mistakes": examples})
