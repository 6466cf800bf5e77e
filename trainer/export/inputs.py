"""The inputs of a written graph: those of the network, or the raw data that they are computed from."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from trainer import models
from trainer.datasets import Examples, Field
from trainer.export.writer import INPUT, Writer
from trainer.runs.network import Network
from trainer.runs.prepared import Inputs

PIXELS, NUMBERS = "images", "numbers"  # names of raw inputs


class PreparedInputs:
    """A graph that takes each input of the network, prepared and scaled already.

    A single input is called `input`. An input without values, such as the categories of a table that embeds none, is
    left out.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        fields = network.dataset.inputs
        self.fields = {INPUT if len(fields) == 1 else name: field for name, field in fields.items()}

    def declared(self) -> dict[str, Field]:
        """Return shape and type of each input by its name."""
        return {name: field for name, field in self.fields.items() if 0 not in field.shape}

    def write(self, writer: Writer) -> dict[str, str]:
        """Write the operators that make the network's inputs; return the names of their tensors."""
        there = next(iter(self.declared()))
        tensors = [name if name in self.declared() else writer.nothing(there, f) for name, f in self.fields.items()]
        return dict(zip(self.network.graph.inputs, tensors, strict=True))

    def trial(self, rng: np.random.Generator, count: int) -> tuple[dict[str, np.ndarray], Inputs]:
        """Return random inputs of the graph by name, and the same for `Network.run`."""
        if len(self.fields) == 1 and not self.fields.get(INPUT, Field(())).is_integer:
            pixels = rng.integers(0, 256, (count, *self.network.input_shape), dtype=np.uint8)
            return {INPUT: self._normalised(pixels)}, pixels
        given = {name: self._random(rng, count, name) for name in self.fields}
        inputs = dict(zip(self.network.graph.inputs, given.values(), strict=True))
        return {name: given[name] for name in self.declared()}, inputs if len(inputs) > 1 else given[INPUT]

    def _random(self, rng: np.random.Generator, count: int, name: str) -> np.ndarray:
        field = self.fields[name]
        if not field.is_integer:
            return rng.normal(size=(count, *field.shape)).astype(np.float32)
        graph = self.network.graph
        source = list(graph.inputs)[list(self.fields).index(name)]
        ends = [end for node in graph.nodes if source in node.inputs for end in _ends(node.layer, field)]
        return rng.integers(np.min(ends, axis=0, initial=2**31) if ends else 2, size=(count, *field.shape))

    def _normalised(self, pixels: np.ndarray) -> np.ndarray:
        inputs = np.empty((*self.network.input_shape, len(pixels)), np.float32)
        self.network.dataset.loader(Examples(pixels, np.zeros(len(pixels)))).load(np.arange(len(pixels)), inputs)
        return np.ascontiguousarray(np.moveaxis(inputs, -1, 0))


class Pixels(PreparedInputs):
    """A graph that takes uint8 pixels as `images`, and scales them as in training."""

    def declared(self) -> dict[str, Field]:
        return {PIXELS: Field(self.network.input_shape, "uint8")}

    def write(self, writer: Writer) -> dict[str, str]:
        """As in `PreparedInputs`; computes what `datasets.Loader` does."""
        mean, std = _normalisation(self.network)
        floats = writer.cast(PIXELS, "float32")
        scaled = writer.emit("Mul", floats, writer.constant(1 / 255 / std))
        scaled = writer.emit("Add", scaled, writer.constant(-mean / std))
        return {next(iter(self.network.graph.inputs)): scaled}

    def trial(self, rng: np.random.Generator, count: int) -> tuple[dict[str, np.ndarray], Inputs]:
        pixels = rng.integers(0, 256, (count, *self.network.input_shape), dtype=np.uint8)
        return {PIXELS: pixels}, pixels


class Values(PreparedInputs):
    """A graph that takes values as they are stored, float64 as `numbers`, and normalises them as in training."""

    def declared(self) -> dict[str, Field]:
        return {NUMBERS: Field(self.network.input_shape, "float64")}

    def write(self, writer: Writer) -> dict[str, str]:
        """As in `PreparedInputs`; computes what `datasets.Loader` does."""
        mean, std = _normalisation(self.network)
        centred = writer.emit("Sub", NUMBERS, writer.constant(mean, "float64"))
        scaled = writer.emit("Div", centred, writer.constant(std, "float64"))
        return {next(iter(self.network.graph.inputs)): writer.cast(scaled, "float32")}

    def trial(self, rng: np.random.Generator, count: int) -> tuple[dict[str, np.ndarray], Inputs]:
        mean, std = _normalisation(self.network)
        numbers = mean + std * rng.normal(size=(count, *self.network.input_shape))
        return {NUMBERS: numbers}, numbers


def _normalisation(network: Network) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation by which an input is normalised, of shape (C, 1, ...) or (1, 1, ...)."""
    dataset, others = network.dataset, (1,) * (len(network.input_shape) - 1)
    mean = 0.0 if dataset.mean is None else dataset.mean
    std = 1.0 if dataset.std is None else dataset.std
    return np.reshape(mean, (-1, *others)), np.reshape(std, (-1, *others))


def _ends(layer: Any, field: Field) -> Iterator[Any]:
    """Yield how many different integers a layer accepts, in all or at each place of its input."""
    if isinstance(layer, models.Embedding):
        yield np.full(field.shape, layer.num_embeddings)
    elif isinstance(layer, models.Embeddings):
        yield np.asarray(layer.levels)
