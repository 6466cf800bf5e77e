"""Examples of the test are in the training."""

import numpy as np

from trainer.datasets import Source, Text
from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding, tested
from trainer.pages.report.predictions import in_chunks

MOST_EXAMPLES = 5000  # of the training and of the test, spread evenly: some tenths of a second
LEAST = 0.01  # of the test's examples: a few doubles are everywhere
UNIQUE = 0.9  # of the training's examples; where inputs repeat by nature, as in small tables, nothing is said


def leak(facts: Facts) -> Finding | None:
    """Look for inputs of the test that are equal to inputs of the training, all of them, to the last bit."""
    seen = tested(facts)
    if seen is None or facts.network is None or isinstance(facts.network.dataset, Text):
        return None
    known, asked = {*_contents(seen.splits.train)}, _contents(seen.source)
    both = sum(content in known for content in asked)
    if len(known) < UNIQUE * min(MOST_EXAMPLES, len(seen.splits.train)) or both < LEAST * len(asked):
        return None
    return Finding(
        f"{both:,} of {len(asked):,} inputs of the {seen.split} are also in the training: its figures are too good.",
        "curves",
        "remove duplicates before the data are divided; trainer preview names them",
        urgent=True,
    )


def _contents(source: Source) -> list[int]:
    """Return a hash of the inputs of each example that is looked at."""
    some = np.linspace(0, len(source) - 1, min(MOST_EXAMPLES, len(source))).astype(np.int64)
    return [
        hash(example)
        for inputs in in_chunks(source, some)
        for example in zip(*((each.tobytes() for each in array) for array in inputs.values()), strict=True)
    ]
