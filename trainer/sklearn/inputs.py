"""How X becomes the inputs of a network: learned when an estimator is fitted, applied whenever it predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.sparsefuncs import mean_variance_axis

from trainer.datasets import DataError, Examples
from trainer.datasets.sets.table import CATEGORIES
from trainer.datasets.source import INPUT, WEIGHT, Source
from trainer.datasets.statistics import scale_of
from trainer.datasets.tables.columns import CATEGORY, DATE, LARGEST, NUMBER, YES_NO, Column
from trainer.datasets.tables.features import Features
from trainer.ground.extras import install_hint
from trainer.sklearn.data import SparseRows

if TYPE_CHECKING:
    import polars

Dtype = np.dtype | str


class Numbers:
    """Arrays of numbers: each feature, of images each channel, is standardised to mean 0 and deviation 1.

    Features of a sparse matrix are only scaled, so that zeros stay zeros.

    Args:
        X: float64 (N, F), finite; or a sparse matrix of these in CSR format.
        shape: The shape of images; None: of vectors.
        weights: How much each example counts, (N,); None: all alike.

    Attributes:
        shape: The shape of one example.
        mean, scale: The mean and scale of features (F,), or of channels (C, 1, 1).
        levels: None, as there are no categories.
    """

    levels: tuple[int, ...] = ()

    def __init__(self, X: Any, shape: tuple[int, ...] | None, weights: np.ndarray | None = None) -> None:
        self.shape = tuple(shape or X.shape[1:])
        if is_sparse(X):
            if shape is not None:
                raise ValueError("input_shape is for dense X; give X.toarray()")
            mean, variance = mean_variance_axis(X, axis=0, weights=weights)
            self.mean, self.scale = np.zeros_like(mean), scale_of(np.sqrt(variance), mean, X.shape[0])
        else:
            self.mean, self.scale = mean_and_scale(X.reshape(len(X), *self.shape), weights)

    def source(
        self, X: Any, targets: np.ndarray, dtype: Dtype, places: bool = False, weights: np.ndarray | None = None
    ) -> Source:
        """Return the examples of X (N, F) and targets (N, ...), with the input of `places`, of which there are none.

        They have weights (N,) where these are given.
        """
        if is_sparse(X):
            if len(self.shape) > 1:
                raise ValueError("input_shape is for dense X; give X.toarray()")
            return SparseRows(X, targets, self.mean, self.scale, dtype, places, weights)
        X = X.reshape(len(X), *self.shape)
        none = {CATEGORIES: np.empty((len(X), 0), np.int64)} if places else {}
        inputs = {INPUT: ((X - self.mean) / self.scale).astype(dtype)}
        return Examples(inputs | none | _weighted(weights, dtype), targets)


class Columns:
    """A DataFrame with columns that are not numbers: categories, texts, yes or no, dates.

    A column's kind follows from its type; it becomes inputs as in `datasets.Table`.

    Args:
        X: The DataFrame, of polars or pandas.

    Attributes:
        shape: The shape of one example's numbers.
        levels: How many places each embedded category has.
    """

    def __init__(self, X: Any) -> None:
        frame = _polars(X)
        columns = {name: Column(name, _kind(frame[name])) for name in frame.columns}
        self.features = Features.learned(frame, columns, np.arange(frame.height))
        self.shape, self.levels = (len(self.features.names),), tuple(self.features.levels)

    def source(
        self, X: Any, targets: np.ndarray, dtype: Dtype, places: bool = True, weights: np.ndarray | None = None
    ) -> Source:
        """Return the examples of X and targets (N, ...), with the input of `places` of embedded categories.

        They have weights (N,) where these are given.

        Raises DataError for a value that its column cannot have.
        """
        if not is_frame(X):
            raise ValueError("the estimator was fitted on a DataFrame with categories; give one of the same columns")
        raw = self.features.raw(_polars(X))
        numbers = self.features.numbers(raw).astype(dtype)
        embedded = {CATEGORIES: self.features.places(raw)} if places else {}
        return Examples({INPUT: numbers} | embedded | _weighted(weights, dtype), targets)


def mean_and_scale(values: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation of each feature, or channel, of (N, C, ...): each of shape (C, 1, ...).

    The deviation of values that are all the same is 1.
    """
    count = values[:, :1].size
    if weights is None:
        axes = (0, *range(2, values.ndim))
        mean = values.mean(axis=axes, keepdims=True)[0]
        return mean, scale_of(values.std(axis=axes, keepdims=True)[0], mean, count)
    within = tuple(range(2, values.ndim))
    mean = np.average(values.mean(axis=within, keepdims=True), axis=0, weights=weights)
    squares = np.square(values - mean).mean(axis=within, keepdims=True)
    return mean, scale_of(np.sqrt(np.average(squares, axis=0, weights=weights)), mean, count)


def _weighted(weights: np.ndarray | None, dtype: Dtype) -> dict[str, np.ndarray]:
    return {} if weights is None else {WEIGHT: weights.astype(dtype)}


def is_sparse(X: Any) -> bool:
    """Whether X is a sparse matrix or array of SciPy's."""
    return hasattr(X, "toarray")


def is_frame(X: Any) -> bool:
    """Whether X is a DataFrame, of polars or pandas."""
    return hasattr(X, "columns") and hasattr(X, "dtypes")


def has_categories(X: Any) -> bool:
    """Whether X is a DataFrame with columns that are not numbers."""
    return is_frame(X) and not all(_is_number(dtype) for dtype in X.dtypes)


def _is_number(dtype: Any) -> bool:
    own = getattr(dtype, "is_numeric", None)  # polars
    return own() if own is not None else getattr(dtype, "kind", "O") in "biufc"


def _kind(values: polars.Series) -> str:
    import polars

    if values.dtype == polars.Boolean:
        return YES_NO
    if values.dtype.is_numeric():
        return NUMBER
    if values.dtype.is_temporal():
        return DATE
    if values.dtype in (polars.String, polars.Categorical, polars.Enum):
        return CATEGORY
    raise DataError(f"column {values.name}: {values.dtype} is not a number, category, yes or no, or date; leave it out")


def _polars(X: Any) -> polars.DataFrame:
    """X as a DataFrame of polars', missing numbers as null. Raises ValueError for a number that is too large."""
    try:
        import polars
    except ModuleNotFoundError as missing:
        problem = f"X has columns that are not numbers, which needs polars; {install_hint('table')}"
        raise ModuleNotFoundError(problem) from missing
    ours = isinstance(X, polars.DataFrame)
    frame = X if ours else polars.DataFrame([_series(str(name), X[name]) for name in X.columns])
    frame = frame.with_columns(polars.selectors.float().fill_nan(None))
    for values in frame.select(polars.selectors.float()):
        if (values.abs() > LARGEST).any():
            raise ValueError(f"column {values.name} holds infinity, or a number beyond {LARGEST:g}; fix it")
    return frame


def _series(name: str, values: Any) -> polars.Series:
    """Return a column of pandas'; its own conversion would need pyarrow."""
    import polars

    kind = values.dtype.kind
    if kind in "iuf":
        return polars.Series(name, values.to_numpy(dtype=np.float64, na_value=np.nan))
    if kind == "M":
        return polars.Series(name, values.to_numpy(dtype="datetime64[us]"))
    missing, items = values.isna(), values.astype(object)
    if kind == "b":
        known = [None if gone else bool(item) for item, gone in zip(items, missing, strict=True)]
        return polars.Series(name, known, dtype=polars.Boolean)
    texts = [None if gone else str(item) for item, gone in zip(items, missing, strict=True)]
    return polars.Series(name, texts, dtype=polars.String)
