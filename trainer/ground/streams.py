"""Named streams of random numbers."""

from hashlib import sha256

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the generator of `name` under `seed`: the same on every machine, independent of every other name's."""
    words = np.frombuffer(sha256(name.encode()).digest(), np.uint32)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words.tolist()])))
