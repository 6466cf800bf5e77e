"""Your own arrays as a data set."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from trainer.datasets.dataset import Dataset, Splits, check_labels, split
from trainer.datasets.errors import DataError
from trainer.datasets.readers import arrays
from trainer.datasets.readers.arrays import File
from trainer.datasets.source import Source, Subset
from trainer.datasets.splitting import Fold
from trainer.datasets.transforms import Augmentation, Mixing, Transform
from trainer.ground.options import check_range
from trainer.ground.streams import stream

log = logging.getLogger(__name__)

Auto = Literal["auto"]
AUTO: Auto = "auto"
Numbers = tuple[float, ...]


class Arrays(Dataset):
    """Your own arrays, in an .npz file, in a folder of .npy files, or in two .npy files.

    The arrays are called inputs and targets, or, as in Keras, x_train and y_train; x_test, y_test, x_val and y_val are
    used if they are there. Inputs are (N, ...): uint8 are pixels 0..255, all else values. Targets (N,) of
    integers are labels of classes, numbered from 0; floats (N,) or (N, K) are values. An .npy file is mapped, never
    read as a whole, and may be larger than the memory; an .npz cannot be mapped and is read into memory.

    Args:
        file: The .npz file, or the folder.
        inputs, targets: The two .npy files, in place of `file`.
        test: The share of the examples that is kept for the test, the same ones in every run, where there are no test
            arrays; 0: there is no test.
        ignore_label: Examples of this label are left out, such as 255 or -1; None: none are.
        num_classes: auto: one more than the largest label; None for values.
        num_values: auto: how many values a target has; None for labels. Says how many outputs a network needs.
        shape: The shape of one example; auto: as in the file, with a channel axis for grey images.
        pixels: Whether inputs are uint8 pixels; auto: as in the file. Examples to predict are checked by it.
        target_mean, target_std: Values are standardised by these for the network, one number for each value. Loss
            aside, figures and predictions are in the units of the file. None: the network gets them as they are.
    """

    name = "arrays"

    def __init__(
        self,
        file: Path | None = None,
        inputs: Path | None = None,
        targets: Path | None = None,
        test: float = 0.1,
        num_classes: int | Auto | None = AUTO,
        num_values: int | Auto | None = AUTO,
        shape: Sequence[int] | Auto = AUTO,
        pixels: bool | Auto | None = AUTO,
        ignore_label: int | None = None,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        target_mean: Sequence[float] | Auto | None = None,
        target_std: Sequence[float] | Auto | None = None,
        transforms: Mapping[str, Transform] | None = None,
        augment: Mapping[str, Augmentation | Mixing] | None = None,
    ) -> None:
        check_range("test", test, "[0, 1)")
        self._places = _places(file, inputs, targets)
        self.test, self.ignore_label = test, ignore_label
        given: dict[str, Any] = {"file": file, "inputs": inputs, "targets": targets, "ignore_label": ignore_label}
        given |= {"num_classes": num_classes, "num_values": None, "shape": shape, "pixels": pixels}
        known = self.completed(given)
        self.pixels = known["pixels"] if known["pixels"] != AUTO else None
        self.target_mean, self.target_std = _target_scale(target_mean, target_std)
        super().__init__(known["shape"], known["num_classes"], mean, std, transforms, augment)

    @classmethod
    def completed(
        cls, options: Mapping[str, Any], validation: float | Fold = 0.0, rng: np.random.Generator | None = None
    ) -> dict[str, Any]:
        """See `Dataset.completed`; reads the files' headers, and all labels."""
        completed = dict(options)
        if AUTO not in (options.get(name, AUTO) for name in ("shape", "num_classes", "num_values")):
            return completed  # runs of earlier versions may not record whether they are pixels
        found = arrays.find_arrays(*_places(*(options.get(name) for name in ("file", "inputs", "targets"))))
        if options.get("shape", AUTO) == AUTO:
            completed["shape"] = list(arrays.input_shape(found["train"][0]))
        if options.get("num_classes", AUTO) == AUTO:
            files = [targets for _, targets in found.values()]
            completed["num_classes"] = _number_of_classes(files, options.get("ignore_label"))
        if options.get("num_values", AUTO) == AUTO:
            values = completed["num_classes"] is None
            completed["num_values"] = math.prod(found["train"][1].header.shape[1:]) if values else None
        if options.get("pixels", AUTO) == AUTO:
            completed["pixels"] = bool(found["train"][0].header.dtype == np.uint8)
        return completed

    def place(self) -> str:
        found = arrays.find_arrays(*self._places)
        return ", ".join({str(file.path): None for pair in found.values() for file in pair})

    def described(self) -> list[str]:
        found = arrays.find_arrays(*self._places)
        files = {file.path: file.mapped for pair in found.values() for file in pair}
        lines = [f"{path}: {'mapped' if mapped else 'read into memory'}" for path, mapped in files.items()]
        lines += [line for pair in found.values() for line in arrays.remarks(*pair)]
        far = () if self.target_std or self.num_classes is not None else arrays.far_from_one(found["train"][1])
        return lines + [
            f"{line}, which networks learn slowly; standardise them by data.target_mean=auto data.target_std=auto"
            for line in far
        ]

    def read(self) -> tuple[Source, Source] | Splits:
        """Return the splits in the files; a missing test is drawn from the training examples."""
        found = arrays.find_arrays(*self._places)
        read = {name: self._source(*pair) for name, pair in found.items()}
        if "test" not in read:
            read["train"], read["test"] = split(read["train"], self.test, stream(0, "test"), "test")
        if "validation" in read:
            return Splits(read["train"], read["validation"], read["test"])
        return read["train"], read["test"]

    def _source(self, inputs: File, targets: File) -> Source:
        stored, wanted = inputs.header.shape[1:], self.shape
        if stored != wanted and not (wanted == (1, *stored) or (not stored and wanted == (1,))):
            raise DataError(
                f"{inputs}: its examples have the shape {list(stored)}, not data.shape={list(wanted)}; "
                "correct data.shape or the file"
            )
        if self.pixels not in (None, is_pixels := inputs.header.dtype == np.uint8):
            what = "holds uint8 pixels, scaled to [0, 1], but data.pixels is false: values are taken as they are"
            if not is_pixels:
                what = f"holds {inputs.header.dtype} but data.pixels is true: uint8, which are scaled to [0, 1]"
            raise DataError(f"{inputs}: {what}; save the type that the network is trained on")
        is_label = arrays.are_labels(targets)
        if is_label != (self.num_classes is not None):
            what = f"{targets.header.dtype} values" if not is_label else "labels"
            remedy = "save integers, or set data.num_classes=null" if not is_label else "set data.num_classes"
            raise DataError(f"{targets}: holds {what} but data.num_classes is {self.num_classes}; {remedy}")
        if self.num_classes is None:
            return arrays.source(inputs, wanted, self._standardised(arrays.values(targets)), targets)
        labels = arrays.labels(targets, self.ignore_label)
        kept = np.flatnonzero(labels >= 0)
        labels = check_labels(np.maximum(labels, 0), self.num_classes, targets)
        source = arrays.source(inputs, wanted, labels, targets)
        if len(kept) == len(labels):
            return source
        log.info("%s: %s examples of label %d are left out", targets, f"{len(labels) - len(kept):,}", self.ignore_label)
        if not len(kept):
            raise DataError(f"{targets}: all examples have data.ignore_label={self.ignore_label}; name another label")
        return Subset(source, kept)

    def _standardised(self, values: np.ndarray) -> np.ndarray:
        if not self.target_std:
            return values
        if values.shape[1:] != (len(self.target_std),):
            raise DataError(
                f"data.target_std: has {len(self.target_std)} numbers but a target the shape {list(values.shape[1:])}; "
                "give one for each value"
            )
        return ((values - self.target_mean) / self.target_std).astype(np.float32)


def _target_scale(mean: Sequence[float] | Auto | None, std: Sequence[float] | Auto | None) -> tuple[Numbers, Numbers]:
    """Return mean and deviation as tuples, () if there are none. Raises ValueError, naming the option."""
    if mean == AUTO or std == AUTO:
        raise ValueError("target_std: auto is resolved only in a run; give numbers")
    if (mean is None) != (std is None) or (mean and std and len(mean) != len(std)):
        raise ValueError("target_std: give target_mean too, and as many numbers in both")
    if not all(each > 0 for each in std or ()):
        raise ValueError(f"target_std: {list(std or ())} are not all positive")
    return tuple(map(float, mean or ())), tuple(map(float, std or ()))


def _places(*given: Path | str | None) -> list[Path | None]:
    """Return the paths of file, inputs and targets. Raises ValueError, naming the option, if it is unclear which."""
    named = tuple(place is not None for place in given)
    if named not in ((True, False, False), (False, True, True)):
        option = "inputs" if named[1] or named[2] else "file"
        raise ValueError(f"{option}: give data.file=FILE.npz, or both data.inputs=X.npy and data.targets=Y.npy")
    return [None if place is None else Path(place).expanduser() for place in given]


def _number_of_classes(files: Sequence[File], ignored: int | None) -> int | None:
    """Return one more than the largest label in the files; None if they hold values. Raises DataError."""
    if len({arrays.are_labels(file) for file in files}) > 1:
        raise DataError(f"{files[0].path}: some targets are integers and some floats; save all as one type")
    if not arrays.are_labels(files[0]):
        return None
    found = {file: arrays.labels(file, ignored) for file in files}
    kinds = np.unique(np.concatenate([np.unique(each) for each in found.values()]))
    if len(kinds) == 1 and kinds[0] >= 0:
        raise DataError(
            f"{files[0]}: all labels are {kinds[0]}, a single class; save at least two classes, or floats for values"
        )
    file = max(found, key=lambda file: found[file].max())
    row = int(found[file].argmax())
    if found[file][row] >= sum(map(len, found.values())):
        raise DataError(
            f"{file}: row {row}: the label {found[file][row]} makes more classes than there are examples; number the "
            "classes from 0, or set data.num_classes"
        )
    return int(found[file][row]) + 1
