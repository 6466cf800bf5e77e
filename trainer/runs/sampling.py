"""Lets a network continue a text."""

from collections.abc import Iterator

import numpy as np

from trainer.datasets import DataError, Text
from trainer.ground.options import check_range
from trainer.ground.streams import stream
from trainer.runs.network import Network


def continued(
    network: Network, prompt: str = "", length: int = 500, temperature: float = 0.8, seed: int = 0
) -> Iterator[str]:
    """Yield the characters that follow a prompt, each drawn from the network's probabilities given those before it.

    A character to which the network gives the probability p is drawn with a probability proportional to
    `p^(1/temperature)`: below 1 the likely become likelier, at 0 only the likeliest is left. The place of unknown
    characters is never drawn.

    Args:
        network: Of a run on a text.
        prompt: The network sees as much of its end as it has context; a shorter prompt is filled up on the left, see
            `datasets.Text.windows`.
        length: How many characters.
        temperature: At least 0.
        seed: Of the draws.

    Raises:
        DataError: The network was not trained on a text, or its outputs are not finite.
        ValueError: The temperature is negative.
    """
    check_range("temperature", temperature, "[0, inf)")
    text, rng = network.dataset, stream(seed, "sampling")
    if not isinstance(text, Text):
        raise DataError(f"{network.path}: was trained on {text.name}, not on a text; give files to predict")
    window = text.windows([prompt])
    for _ in range(length):
        place = _drawn(network.probabilities(network.run(window))[0].astype(np.float64), temperature, rng)
        if place is None:
            raise DataError(f"{network.path}: its outputs are not finite; train it again, with a smaller learning rate")
        yield text.vocabulary[place]
        window = np.append(window[:, 1:], [[place]], axis=1)


def _drawn(probabilities: np.ndarray, temperature: float, rng: np.random.Generator) -> int | None:
    """Draw one of the places (K,) except the first; None if the values are not finite."""
    known = probabilities[1:] if len(probabilities) > 1 else probabilities
    first = len(probabilities) - len(known)
    if not np.isfinite(known).all():
        return None
    if temperature == 0:
        return first + int(known.argmax())
    with np.errstate(divide="ignore"):
        logs = np.log(known)
    if not np.isfinite(logs.max()):
        return first
    # With the largest at 0 the powers neither overflow nor vanish altogether.
    powers = np.exp((logs - logs.max()) / temperature)
    return first + int(rng.choice(len(powers), p=powers / powers.sum()))
