"""How much examples count."""

from __future__ import annotations

import numpy as np

from trainer.datasets.errors import DataError
from trainer.datasets.source import WEIGHT, Source


def check_weights(examples: Source) -> None:
    """Raise DataError unless the weights of examples, where they have any, are finite and at least 0."""
    if WEIGHT not in examples.fields:
        return
    weights = examples.read_all(WEIGHT)
    wrong = np.flatnonzero(~((weights >= 0) & np.isfinite(weights)))
    if len(wrong):
        problem = f"the weight of training example {wrong[0]} is {weights[wrong[0]]:g}"
        raise DataError(f"{problem}; give finite weights of at least 0")
