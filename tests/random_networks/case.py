"""One network with its steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import yaml
from omegaconf import OmegaConf

from trainer.compose.schema import validate
from trainer.datasets import Dataset, Examples

EXAMPLES = 16  # at least, in each split


@dataclass(frozen=True)
class Case:
    """A network as in a configuration, and steps of training and evaluation.

    Attributes:
        seed: Of the examples and of the initial parameters.
        shape: Of one input.
        classes: Length of the network's output.
        labels: Whether a target is the number of a class; otherwise it is a vector of ``classes`` values.
        layers, loss, optimizer: As in a configuration.
        steps: In order; ``train 5`` is a step of the optimizer on five examples, ``evaluate 3`` the loss of three.
        precision, fuse: As in a configuration.
        workers: Shards of every batch.
        winograd: Whether Winograd's kernel computes every convolution that it fits, not just large ones.
    """

    seed: int
    shape: tuple[int, ...]
    classes: int
    labels: bool
    layers: dict[str, Any]
    loss: dict[str, Any]
    optimizer: dict[str, Any]
    steps: tuple[str, ...]
    precision: str = "float64"
    fuse: bool = False
    workers: int = 1
    winograd: bool = False

    @classmethod
    def from_yaml(cls, text: str) -> Case:
        """Return the case that ``to_yaml`` wrote."""
        given = yaml.safe_load(text)
        return cls(**given | {"shape": tuple(given["shape"]), "steps": tuple(given["steps"])})

    def to_yaml(self) -> str:
        plain = asdict(self) | {"shape": list(self.shape), "steps": list(self.steps)}
        defaults = {field.name: field.default for field in fields(self)}
        plain = {name: value for name, value in plain.items() if value != defaults[name]}
        return yaml.dump(plain, Dumper=_Dumper, sort_keys=False, width=120)

    @property
    def how(self) -> str:
        """By how many workers and so on, in words: ``2 workers, fused, float64``."""
        workers = f"{self.workers} worker{'s' * (self.workers > 1)}"
        return f"{workers}, {'fused' if self.fuse else 'not fused'}, {self.precision}"

    @property
    def examples(self) -> int:
        """In each split."""
        return max([EXAMPLES, *(int(step.split()[1]) for step in self.steps)])

    @cached_property
    def config(self) -> dict[str, Any]:
        """The checked configuration of a run."""
        data = {"shape": list(self.shape), "classes": self.classes, "labels": self.labels}
        data |= {"examples": self.examples, "seed": self.seed}
        config = {
            "model": {"layers": self.layers},
            "data": {"_target_": f"{__name__}.RandomExamples", **data},
            "optimizer": self.optimizer,
            "schedule": {"_target_": "trainer.schedules.Constant"},
            "loss": self.loss,
            "task": "train",
            "epochs": 1,
            "batch_size": self.examples,
            "seed": self.seed,
            "validation": 0.0,
            "precision": self.precision,
            "fuse": self.fuse,
            "allow": ["tests"],
        }
        return validate(OmegaConf.create(config), ["allow=[tests]"])

    def title(self, number: int) -> str:
        """Return the name of a step, counted from 0, in messages."""
        return f"step {number + 1}, {self.steps[number]}"

    def schedule(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield each step's kind and the indices of its examples."""
        for number, step in enumerate(self.steps):
            kind, batch = step.split()
            yield kind, np.random.default_rng([self.seed, number]).permutation(self.examples)[: int(batch)]


class RandomExamples(Dataset):
    """Normally distributed inputs and values, uniform labels.

    Args:
        shape: Of one input.
        classes: Number of classes, or of values.
        labels: Whether targets are labels.
        examples: In each split.
        seed: Of all numbers.
    """

    name = "random examples"

    def __init__(self, shape: Sequence[int], classes: int, labels: bool, examples: int, seed: int) -> None:
        super().__init__(shape, classes if labels else None)
        self.classes, self.examples, self.seed = classes, examples, seed

    def read(self) -> tuple[Examples, Examples]:
        return self._draw(0), self._draw(1)

    def _draw(self, part: int) -> Examples:
        rng = np.random.default_rng([self.seed, part, 0])
        inputs = rng.normal(size=(self.examples, *self.shape)).astype(np.float32)
        if self.num_classes is not None:
            return Examples(inputs, rng.integers(0, self.classes, self.examples))
        return Examples(inputs, rng.normal(size=(self.examples, self.classes)).astype(np.float32))


class _Dumper(yaml.SafeDumper):
    """Writes a layer on one line, and a group of layers on several."""

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> yaml.MappingNode:
        values = [value for option in mapping.values() if isinstance(option, dict) for value in option.values()]
        layer = "_target_" in mapping and not any(isinstance(value, dict) for value in values)
        return super().represent_mapping(tag, mapping, flow_style=layer)

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> yaml.SequenceNode:
        return super().represent_sequence(tag, sequence, flow_style=True)

    def ignore_aliases(self, data: Any) -> bool:
        return True
