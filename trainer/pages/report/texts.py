"""Of a text: what the network expects of one that it has not read, and what it writes itself."""

from __future__ import annotations

import numpy as np

from trainer.datasets import Text
from trainer.pages.report.examples import visible
from trainer.pages.report.facts import Facts
from trainer.pages.report.predictions import Predictions, examples_in_time, inputs_of
from trainer.pages.report.section import Section, number, text
from trainer.runs.sampling import continued

LENGTH = 200  # characters of a sample
READ = 600  # characters whose probabilities are shown
TEMPERATURES = (0.5, 0.8, 1.0)


def texts(facts: Facts) -> Section | None:
    """Return samples at several temperatures, and a stretch of the test with the probability of each character."""
    found = facts.predictions
    if found is None or not isinstance(found.dataset, Text):
        return None
    length = min(LENGTH, max(20, examples_in_time(found.network) // 20))
    samples = "".join(
        f"<h3>Temperature {number(each)}</h3><pre>{text(''.join(continued(found.network, '', length, each)))}</pre>"
        for each in TEMPERATURES
    )
    body = (
        f'<p class="faint">Written by the network, {length} characters each.</p>{samples}{_read(found, found.dataset)}'
    )
    return Section("texts", "Samples", body)


def _read(found: Predictions, dataset: Text) -> str:
    """Return the first characters of the split, each the stronger coloured the less it was expected."""
    everything, network = getattr(found.splits, found.split), found.network
    indices = np.arange(min(READ, len(everything)))
    places = inputs_of(everything, indices)
    targets = everything.targets[: len(indices)]
    p = network.probabilities(network.run(next(iter(places.values()))))[indices, targets]
    marks = "".join(
        f'<span style="--depth:{100 * (1 - float(each)):.0f}%" title="{100 * float(each):.1f} %">'
        f"{text(visible(dataset.vocabulary[int(target)]))}</span>"
        for target, each in zip(targets, p, strict=True)
    )
    told = "The beginning of the text that it was tested on. The less it expected a character, the stronger its colour."
    return f'<h3>What surprises it</h3><p class="faint">{told}</p><div class="expected">{marks}</div>'
