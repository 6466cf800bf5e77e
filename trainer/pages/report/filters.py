"""The first layer's weights as pictures, before the training and after it."""

from __future__ import annotations

from typing import cast

import numpy as np

from trainer import models
from trainer.ground.streams import stream
from trainer.models.node import Node
from trainer.pages.pictures import png, signed, tiled
from trainer.pages.report.examples import are_pictures
from trainer.pages.report.facts import Facts
from trainer.pages.report.section import Section, text
from trainer.runs.network import Network

MOST = 32
ACROSS = {True: 16, False: 8}  # kernels side by side, small ones and larger ones
LARGE = 12  # pixels


def filters(facts: Facts) -> Section | None:
    """Return the weights that see the picture itself; None where the first layer sees something else."""
    network = facts.network
    if network is None or not are_pictures(network.dataset) or (found := _first(network)) is None:
        return None
    after = _kernels(network, found, network.parameters)
    shown = [("After the training", after)]
    started_from = network.started_from is not None
    if not started_from:
        name = found.parameters["weight"]
        initial = models.ParameterStore({name: network.graph.parameters[name]}, network.config["precision"])
        initial.initialize(lambda name: stream(network.config["seed"], f"init {name}"))
        shown.insert(0, ("Before, as initialised", _kernels(network, found, initial)))
    count = len(network.parameters[found.parameters["weight"]])
    some = f"The first {MOST} of {count} kernels" if count > MOST else f"The {count} kernels"
    signs = "" if after.shape[1] == 3 else " Blue weights are positive, orange ones negative."
    intro = f"{some} of {found.name}, each to its own scale.{signs}"
    images = "".join(
        f"<figure><figcaption>{title}</figcaption>"
        f'<img class="pixels filters" src="{_picture(kernels)}" alt="{title}"></figure>'
        for title, kernels in shown
    )
    return Section(
        "filters", "First-layer filters", f'<p class="faint">{text(intro)}</p><div class="grid">{images}</div>'
    )


def _first(network: Network) -> Node | None:
    """Return the layer whose weights see the pixels."""
    seen = {*network.graph.inputs}
    for node in network.graph.layers:
        if seen.isdisjoint(node.inputs):
            continue
        if isinstance(node.layer, models.Conv2d | models.Linear):
            return node
        if not isinstance(node.layer, models.Flatten):
            return None
        seen.add(node.name)
    return None


def _kernels(network: Network, node: Node, store: models.ParameterStore) -> np.ndarray:
    """Return the kernels (n, C, H, W); if their channels are not colours, the mean over the channels."""
    weights = store[node.parameters["weight"]][:MOST]
    kernels = weights.reshape(len(weights), *network.input_shape) if weights.ndim == 2 else weights
    return cast(np.ndarray, kernels if kernels.shape[1] in (1, 3) else kernels.mean(axis=1, keepdims=True))


def _picture(kernels: np.ndarray) -> str:
    """Return kernels side by side as a PNG: coloured if they see colours, else positive blue and negative orange."""
    count, channels, height, width = kernels.shape
    largest = np.maximum(np.abs(kernels).max(axis=(1, 2, 3), keepdims=True), 1e-12)
    scaled = np.moveaxis(kernels / largest, 1, -1)  # -1 to 1
    if channels == 3:
        pixels = np.full((count, height, width, 4), 255, np.uint8)
        pixels[..., :3] = 127.5 * (1 + scaled)
    else:
        pixels = signed(scaled[..., 0])
    return png(tiled(pixels, ACROSS[width <= LARGE], gap=1)[:-1, :-1])
