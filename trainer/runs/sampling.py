"""Lets a network continue a text."""

from collections.abc import Iterator

import numpy as np

from trainer.datasets import DataError, Text
from trainer.datasets.sets.text import UNKNOWN
from trainer.ground.options import check_range
from trainer.ground.streams import stream
from trainer.models import Workspace
from trainer.runs.network import Network


def continued(
    network: Network, prompt: str = "", length: int = 500, temperature: float = 0.8, seed: int = 0
) -> Iterator[str]:
    """Yield the characters that follow a prompt, each drawn from the network's probabilities given those before it.

    A character to which the network gives the probability p is drawn with a probability proportional to
    `p^(1/temperature)`: below 1 the likely become likelier, at 0 only the likeliest is left. The place of unknown
    characters is never drawn.

    Args:
        network: The network of a run on a text.
        prompt: The network sees as much of its end as it has context; a shorter prompt is filled up on the left, see
            `datasets.Text.windows`.
        length: How many characters.
        temperature: At least 0.
        seed: The seed of the draws.

    Raises:
        DataError: The network was not trained on a text, or its outputs are not finite.
        ValueError: The temperature is negative.
    """
    text = network.dataset
    if not isinstance(text, Text):
        raise DataError(f"{network.path}: was trained on {text.name}, not on a text; give files to predict")
    for place in tokens(network, text.windows([prompt])[0], length, temperature, stream(seed, "sampling")):
        yield text.vocabulary[place]


def tokens(
    network: Network, window: np.ndarray, length: int, temperature: float, rng: np.random.Generator
) -> Iterator[int]:
    """Yield the tokens, as numbers, that follow a window; see `continued`.

    Args:
        network: One whose problem `writes`.
        window: What it sees first, (T,) integers.
        length: How many tokens.
        temperature: At least 0.
        rng: The generator of the draws.

    Raises:
        DataError: The outputs are not finite.
        ValueError: The temperature is negative.
    """
    check_range("temperature", temperature, "[0, inf)")
    workspace = Workspace(network.graph, network.parameters)  # `Network.run` takes three times as long for a window
    (seen,) = workspace.inputs(1)
    seen[:, 0] = window
    first = int(len(network.classes) > 1 and network.classes[0] == UNKNOWN)  # which is never drawn
    for _ in range(length):
        with np.errstate(all="ignore"):
            outputs = network.graph.forward(workspace, seen)
        place = _drawn(network.probabilities(outputs.T)[0, first:].astype(np.float64), temperature, rng)
        if place is None:
            raise DataError(f"{network.path}: its outputs are not finite; train it again, with a smaller learning rate")
        yield first + place
        seen[:-1] = seen[1:]
        seen[-1] = first + place


def _drawn(probabilities: np.ndarray, temperature: float, rng: np.random.Generator) -> int | None:
    """Draw one of the places (K,); None if the values are not finite."""
    if not np.isfinite(probabilities).all():
        return None
    if temperature == 0:
        return int(probabilities.argmax())
    with np.errstate(divide="ignore"):
        logs = np.log(probabilities)
    if not np.isfinite(logs.max()):
        return 0
    # With the largest at 0 the powers neither overflow nor vanish altogether.
    powers = np.exp((logs - logs.max()) / temperature)
    return int(rng.choice(len(powers), p=powers / powers.sum()))
