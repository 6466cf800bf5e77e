"""What an estimator trains on: arrays that the program has in memory, and their description in its configuration."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trainer.datasets import DataError, Draw, Examples
from trainer.datasets.dataset import Dataset
from trainer.datasets.sets.table import CATEGORIES
from trainer.datasets.source import INPUT, TARGET, WEIGHT, Field, Source


class InMemory(Dataset):
    """Represents the data that an estimator was given, which are in no file; see `datasets.Arrays` for those in files.

    Args:
        shape: The shape of one example's numbers.
        num_classes: The number of classes or labels; None: the targets are values.
        num_values: How many values a target has; None: it has none.
        levels: How many places each embedded category has.
        places: Whether the network has the input "categories", of these places.
        problem: What the targets mean, where that is neither one class nor values.
    """

    name = "arrays in memory"

    def __init__(
        self,
        shape: Sequence[int],
        num_classes: int | None = None,
        num_values: int | None = None,
        levels: Sequence[int] = (),
        places: bool = False,
        problem: str | None = None,
    ) -> None:
        self.problem = problem
        categories = {CATEGORIES: Field((len(levels),), np.dtype(np.int64))}
        super().__init__({INPUT: Field(tuple(shape))} | (categories if places else {}), num_classes)

    def read(self) -> tuple[Examples, Examples]:
        raise DataError("the data were in memory only; name other data")


class SparseRows(Source):
    """Rows of a sparse matrix, of which a batch at a time is made dense and standardised.

    Args:
        rows: (N, F), a SciPy array or matrix in CSR format.
        targets: (N, ...).
        mean, scale: (F,) of each feature.
        dtype: The dtype of the inputs.
        places: Whether they have the input "categories", of no places.
        weights: How much each example counts, (N,); None: all alike.
    """

    def __init__(
        self,
        rows: Any,
        targets: np.ndarray,
        mean: np.ndarray,
        scale: np.ndarray,
        dtype: np.dtype | str,
        places: bool = False,
        weights: np.ndarray | None = None,
    ) -> None:
        self.rows, self.labels, self.mean, self.scale, self.weights = rows, targets, mean, scale, weights
        none = {CATEGORIES: Field((0,), np.dtype(np.int64))} if places else {}
        numbers, target = Field((rows.shape[1],), np.dtype(dtype)), Field(targets.shape[1:], targets.dtype)
        weight = {} if weights is None else {WEIGHT: Field((), np.dtype(dtype))}
        self.fields = {INPUT: numbers, **none, **weight, TARGET: target}

    def __len__(self) -> int:
        return int(self.rows.shape[0])

    def read(self, indices: np.ndarray, out: Mapping[str, np.ndarray], draw: Draw | None) -> None:
        if TARGET in out:
            out[TARGET][...] = self.labels[indices]
        if WEIGHT in out and self.weights is not None:
            out[WEIGHT][...] = self.weights[indices]
        if INPUT in out:
            out[INPUT][...] = (self.rows[indices].toarray() - self.mean) / self.scale
