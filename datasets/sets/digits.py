"""The handwritten digits that ship with the code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from trainer.datasets.dataset import Dataset
from trainer.datasets.examples import Examples
from trainer.datasets.readers.npz import read_npz
from trainer.datasets.transforms import Augmentation, Mixing, Transform

FILE = Path(__file__).with_name("digits.npz")


class Digits(Dataset):
    """1,797 handwritten digits, 8x8 grey, in a file that ships with the code, so nothing is downloaded.

    E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998,
    doi:10.24432/C50P49; CC BY 4.0 (digits.LICENSE.txt). Every fifth image of each class is a test image (360 in all),
    the same ones in every run, whatever its seed.
    """

    name = "digits"
    pixels = True
    class_names = tuple("0123456789")

    def __init__(
        self,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        transforms: Mapping[str, Transform] | None = None,
        num_classes: int = 10,
        augment: Mapping[str, Augmentation | Mixing] | None = None,
    ) -> None:
        if num_classes != 10:
            raise ValueError(f"num_classes: {num_classes} is not 10, the number of digits")
        super().__init__((1, 8, 8), num_classes, mean, std, transforms, augment)

    def place(self) -> str:
        return str(FILE)

    def read(self) -> tuple[Examples, Examples]:
        """Return training and test images (N, 1, 8, 8) uint8, the 17 grey levels spread over 0..255, with labels."""
        levels, labels = read_npz(FILE, ("images", "labels"))
        images = np.rint(levels[:, np.newaxis] * (255 / 16)).astype(np.uint8)
        by_class = np.argsort(labels, kind="stable")
        is_test = np.zeros(len(labels), dtype=bool)
        is_test[by_class[::5]] = True
        examples = Examples(images, labels.astype(np.int64))
        return examples.take(~is_test), examples.take(is_test)
