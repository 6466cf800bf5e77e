"""Sources whose examples are transformed as they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from trainer.datasets.draw import Draw
from trainer.datasets.source import INPUT, Field, Source
from trainer.datasets.transforms.transform import Augmentation, Transform


class Transformed(Source):
    """The images of a source, transformed as they are read."""

    def __init__(self, source: Source, transforms: Sequence[Transform]) -> None:
        self.source, self.transforms = source, transforms
        field = source.fields[INPUT]
        shape = field.shape
        for transform in transforms:
            shape = transform.output_shape(shape)
        self.fields = dict(source.fields) | {INPUT: Field(shape, field.dtype)}

    def __len__(self) -> int:
        return len(self.source)

    def read(self, indices: np.ndarray, out: Mapping[str, np.ndarray], draw: Draw | None) -> None:
        if INPUT not in out:
            return self.source.read(indices, out, draw)
        field = self.source.fields[INPUT]
        images = np.empty((len(indices), *field.shape), field.dtype)
        self.source.read(indices, {**out, INPUT: images}, draw)
        for transform in self.transforms:
            images = transform(images)
        np.copyto(out[INPUT], images)
        return None

    def place(self, index: int) -> str:
        return self.source.place(index)


class Augmented(Source):
    """The examples of a source, augmented whenever they are read with random numbers."""

    def __init__(self, source: Source, augmentations: Mapping[str, Augmentation]) -> None:
        self.source, self.augmentations, self.fields = source, augmentations, source.fields

    def __len__(self) -> int:
        return len(self.source)

    @property
    def drawn(self) -> Mapping[str, Field]:
        return self.source.drawn

    def subset(self, indices: np.ndarray) -> Source:
        return Augmented(self.source.subset(indices), self.augmentations)

    def read(self, indices: np.ndarray, out: Mapping[str, np.ndarray], draw: Draw | None) -> None:
        self.source.read(indices, out, draw)
        if draw is None or INPUT not in out:
            return
        batch = rows = out[INPUT]
        for name, augmentation in self.augmentations.items():
            batch = augmentation(batch, draw.named(f"augment {name}"))
        if batch is not rows:
            np.copyto(rows, batch, casting="no")

    def place(self, index: int) -> str:
        return self.source.place(index)
