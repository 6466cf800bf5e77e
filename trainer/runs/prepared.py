"""Makes a network's inputs from examples as users have them."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trainer.datasets import DataError, Dataset, Field, Images, Table, Text
from trainer.datasets.readers.picture import MODES, quietly, read_image
from trainer.datasets.readers.picture_folder import pictures_in

Inputs = np.ndarray | dict[str, np.ndarray]
"""For a network with one input (N, *shape), with several each by its name; not yet normalised."""

SLACK = 1e-3  # beyond 0 and 1, of pixels that were scaled or rotated


def prepared(dataset: Dataset, fields: Mapping[str, Field], dtype: np.dtype, examples: Any) -> Inputs:
    """Return the inputs of a network.

    Args:
        dataset: The data that it was trained with.
        fields: What each of its inputs takes, by name.
        dtype: The dtype of its parameters.
        examples: For a table, a file, a DataFrame of polars or pandas, or columns by name; for texts, one or a list;
            for pictures also the file of one, a list of files, or a folder; else an array (N, ...), or for a network
            with several inputs a mapping of arrays by name.

    Raises:
        ValueError: An array's shape or type does not fit, or a value is not finite.
        DataError: A table cannot be read, or does not have the columns that the network was trained on; a picture
            cannot be read.
    """
    if isinstance(dataset, Table) and not _are_inputs(examples, fields):
        return dataset.encode(dataset.frame(examples))
    if isinstance(dataset, Text) and (texts := _texts(examples)) is not None:
        return dataset.windows(texts)
    if isinstance(examples, Mapping) and _are_inputs(examples, fields):
        return {name: _values(np.asarray(examples[name]), field, dtype, None, name) for name, field in fields.items()}
    if len(fields) > 1:
        raise ValueError(f"the network has the inputs {', '.join(fields)}; give a mapping with an array for each")
    (field,) = fields.values()
    if (files := _files(examples)) is not None:
        with quietly():
            examples = [picture(dataset, file) for file in files]
    examples = np.asarray(examples)
    as_stored = examples.dtype == np.uint8 and dataset.pixels is not False
    if as_stored and (found := _with_channel(examples, dataset.shape)) is not None:
        for transform in dataset.transforms.values():
            found = transform(found)
        return found
    return _values(examples, field, dtype, dataset.pixels)


def picture(dataset: Dataset, path: Path, invert: bool = False) -> np.ndarray:
    """Return the picture in a file as pixels (C, H, W) uint8 of the data's size, brought to it as in training.

    Args:
        dataset: The data that the network was trained with.
        path: In any format that is trained on.
        invert: Swap light and dark.

    Raises:
        DataError: It cannot be read, or the network takes no pictures.
    """
    shape = dataset.shape
    if len(shape) != 3 or shape[0] not in MODES:
        raise DataError(f"{path}: the network takes no pictures but arrays of shape {list(shape)}; give .npz")
    if isinstance(dataset, Images):
        return read_image(path, shape, invert, dataset.fit, dataset.background)
    return read_image(path, shape, invert)


def _files(examples: Any) -> list[Path] | None:
    """Return the files that are meant, those of a folder in order; None if these are not paths."""
    if isinstance(examples, str | os.PathLike):
        path = Path(examples)
        return (pictures_in(path) if path.is_dir() else None) or [path]
    if not isinstance(examples, Sequence) or not examples:
        return None
    return [Path(one) for one in examples] if all(isinstance(one, str | os.PathLike) for one in examples) else None


def _are_inputs(examples: Any, fields: Mapping[str, Field]) -> bool:
    """Return whether these are arrays of a network's inputs, by their names."""
    return isinstance(examples, Mapping) and examples.keys() == fields.keys()


def _texts(examples: Any) -> Sequence[str] | None:
    if isinstance(examples, str):
        return [examples]
    is_list = isinstance(examples, Sequence) and all(isinstance(text, str) for text in examples)
    return examples if is_list else None


def _values(
    values: np.ndarray, field: Field, dtype: np.dtype, pixels: bool | None = None, name: str = ""
) -> np.ndarray:
    """Return values (N, *shape) as the network takes them: integers, uint8 pixels, or floats.

    Args:
        values: As given.
        field: The field of the input.
        dtype: The dtype of floats.
        pixels: Whether the network was trained on uint8 pixels; None: it is not known.
        name: The name of one input of several.

    Raises:
        ValueError: They do not fit; says why.
    """
    what = f"inputs '{name}'" if name else "inputs"
    kinds, wanted = ("iub", "integers") if field.is_integer else ("f", "pixels 0..255 as uint8, or floats")
    if pixels is False:  # numbers of any type, as it was trained
        kinds, wanted = "biuf", "numbers"
    if values.dtype != np.uint8 and values.dtype.kind not in kinds:
        raise ValueError(f"{what} of type {values.dtype}; give {wanted}")
    found = _with_channel(values, field.shape)
    if found is None:
        shape = ", ".join(map(str, ("N", *field.shape)))
        files = ", or the file of a picture of any size" if pixels and len(field.shape) == len("CHW") else ""
        raise ValueError(f"{what} of shape {values.shape}; the network takes ({shape}){files}")
    if field.is_integer:
        return found.astype(field.dtype, copy=False)
    if found.dtype == np.uint8 and pixels is not False:
        return found
    if found.dtype not in (np.float32, np.float64):
        found = found.astype(np.float64)  # as stored, since the loader takes off a mean that may be large
    with np.errstate(over="ignore"):
        finite = np.isfinite(found.astype(dtype, copy=False))
    if not finite.all():
        row = np.flatnonzero(~finite.reshape(len(found), -1).all(axis=1))[0]
        raise ValueError(f"{what} of example {row} are not finite; fix it or leave it out")
    if pixels and found.size and not -SLACK <= found.min() <= found.max() <= 1 + SLACK:
        raise ValueError(
            f"{what} from {found.min():g} to {found.max():g}, but the network was trained on bytes; give uint8 0..255, "
            "or floats from 0 to 1: bytes / 255"
        )
    return found


def _with_channel(examples: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """Return `examples` as (N, *shape) if they have that shape or lack only its single channel; else None.

    So images may be (N, H, W), and single numbers (N,), as in training.
    """
    if examples.ndim and examples.shape[1:] == shape:
        return examples
    lacks_channel = len(shape) in (1, 3) and shape[0] == 1 and examples.ndim and examples.shape[1:] == shape[1:]
    return examples[:, np.newaxis] if lacks_channel else None
