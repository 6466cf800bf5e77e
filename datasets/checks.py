"""Checks of examples before training: duplicates, leaks, rare classes, columns that give the target away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations

import numpy as np

from trainer.datasets.dataset import Dataset, Splits
from trainer.datasets.order import batches
from trainer.datasets.sets.table import Table
from trainer.datasets.sets.text import UNKNOWN, Text
from trainer.datasets.source import INPUT, TARGET, Source, Subset
from trainer.datasets.tables.columns import CATEGORY, DECIMAL_COMMA, NUMBER, YES_NO, levels_of, numbers_of
from trainer.datasets.tables.kinds import by_names, grouped, override
from trainer.datasets.tables.target import VALUES

MOST_EXAMPLES = 100_000  # of a split that are looked at, spread evenly
MOST_BYTES = 1 << 26  # of the inputs of a split that are held at once
HASHED_BYTES = 1 << 28  # of those that are read only to be compared
MOST_COLUMNS = 1000  # of vectors whose elements are taken one by one
BINS = 64  # into which numbers are divided
LEAST_IN_BIN = 10  # examples of a bin, on average
GIVEN_AWAY = 0.99  # accuracy, or R², by a single column from which it is suspicious
TOGETHER = 256  # examples that are read to be compared
NAMED = 10  # classes that a line names
FEW = 10  # training examples of a class; it is rare if it has fewer, and others ten times as many
NEARLY_ALL = 0.99  # share of the examples with the same value from which a column is nearly constant
BLANK = 2 / 255  # a picture with no larger difference between its pixels is blank


@dataclass(frozen=True)
class Column:
    """One input column, over all examples that are looked at.

    Attributes:
        name: The name of the column of a table; else of the input, with the place of the element.
        kind: number, category, yes/no, date or pixel.
        values: float64 (N,), NaN where one is missing; of a category places in `levels`, of dates days since 1970.
        levels: The levels of a category, the most frequent first; no and yes.
    """

    name: str
    kind: str
    values: np.ndarray
    levels: tuple[str, ...] = ()

    @property
    def missing(self) -> int:
        """How many values are missing."""
        return int(np.count_nonzero(np.isnan(self.values)))

    @property
    def commonest(self) -> float:
        """The share of the examples that have the most frequent value, a missing one among them."""
        _, counts = np.unique(self.values, return_counts=True)
        return float(counts.max() / len(self.values))


def columns(dataset: Dataset, splits: Splits) -> tuple[list[Column], np.ndarray]:
    """Return the columns of the inputs and the targets (N, ...) of the same examples.

    A table's columns, and its targets if they are values, are as in the file, over all rows; those of vectors cover
    the training examples. Long vectors, pictures and texts have no columns.
    """
    if isinstance(dataset, Table):
        return _of_table(dataset)
    examples = some(splits.train)
    if isinstance(dataset, Text):  # whose places in a window mean nothing by themselves
        return [], examples.targets
    found = [column for name in dataset.inputs for column in _of_vectors(name, examples)]
    return found, examples.targets


def without_examples(dataset: Dataset, splits: Mapping[str, Source]) -> list[str]:
    """Return a line for each split that has no example of some class."""
    lines = []
    for name, source in splits.items():
        targets = source.targets
        if not dataset.num_classes or targets.ndim != 1 or not len(targets):
            continue
        counts = np.bincount(targets, minlength=dataset.num_classes)
        names = [dataset.class_names[each] for each in np.flatnonzero(counts == 0)]
        if names := [each for each in names if each != UNKNOWN]:
            lines.append(f"{name}: has no example of {', '.join(names[:NAMED])}{', ...' * (len(names) > NAMED)}")
    return lines


def rare(dataset: Dataset, train: Source) -> list[str]:
    """Return a line for the classes with hardly any training examples, where others have many."""
    targets = train.targets
    if not dataset.num_classes or targets.ndim != 1 or not len(targets):
        return []
    counts = np.bincount(targets, minlength=dataset.num_classes)
    found = np.flatnonzero((counts > 0) & (counts < FEW) & (counts < len(targets) / dataset.num_classes / FEW))
    if not len(found):
        return []
    listed = ", ".join(f"{counts[each]} of {dataset.class_names[each]}" for each in found[:NAMED])
    return [f"train: has only {listed}{', ...' * (len(found) > NAMED)}: add some, or leave the class out"]


def unknown(splits: Mapping[str, Source]) -> list[str]:
    """Return a line for each split of a text with characters that the training part lacks."""
    counts = {name: (int(np.count_nonzero(source.targets == 0)), len(source)) for name, source in splits.items()}
    return [
        f"{name}: {count:,} of {total:,} characters do not occur in the training part"
        for name, (count, total) in counts.items() if count
    ]  # fmt: skip


def duplicates(dataset: Dataset, splits: Mapping[str, Source], within: bool = True) -> list[str]:
    """Return a line for each pair of splits, and `within` each split, in which inputs have the same content."""
    examples = {name: some(source, HASHED_BYTES) for name, source in splits.items() if len(source)}
    seen = {name: _digests(source, [*dataset.inputs]) for name, source in examples.items()}
    lines = []
    for name, digests in seen.items() if within else ():
        extra = len(digests) - len(np.unique(digests))
        if extra:
            values, first, counts = np.unique(digests, return_index=True, return_counts=True)
            place = np.flatnonzero(counts > 1)[0]
            twin = np.flatnonzero(digests == values[place])[1]
            one, other = (examples[name].place(each) or str(each) for each in (first[place], twin))
            lines.append(f"{name}: {extra:,} of {len(digests):,} inputs are duplicates, such as {one} and {other}")
    for one, other in combinations(seen, 2):
        shared, first, second = np.intersect1d(seen[one], seen[other], return_indices=True)
        if len(shared):
            both = np.isin(seen[other], shared).sum()
            lines.append(
                f"leak: {both:,} of {len(seen[other]):,} inputs of {other} are also in {one}: "
                f"{examples[other].place(second[0]) or f'{other} {second[0]}'} is "
                f"{examples[one].place(first[0]) or f'{one} {first[0]}'}"
            )
    return lines


def nearly_constant(columns: Sequence[Column]) -> list[str]:
    """Return a line for each column of which nearly all examples have the same value."""
    shares = {column.name: column.commonest for column in columns if column.kind != "pixel"}
    return [f"{name} is nearly constant: {share:.1%} have the same value" for name, share in shares.items()
            if share >= NEARLY_ALL]  # fmt: skip


def thousands(dataset: Dataset) -> list[str]:
    """Return a line for each column of a table whose points may be those of thousands, though they are read as decimal.

    Nothing is said of columns of which the options say what they hold.
    """
    if not isinstance(dataset, Table):
        return []
    frame = dataset.rows()
    names = [each.column.name for each in dataset.features.features if each.column.kind == NUMBER]
    names += dataset.target.columns if dataset.target.problem == VALUES else ()
    chosen = by_names(frame, dataset.options["columns"])
    found = {name: text for name in names if name not in chosen and (text := grouped(frame[name]))}
    return [
        f"{name}: '{text}' is read as {float(text):g}; if it is {text.replace('.', '')}, as the three digits after "
        f"each point suggest, set {override(frame, name, DECIMAL_COMMA)}, else {override(frame, name, NUMBER)}"
        for name, text in found.items()
    ]


def blank(source: Source) -> list[str]:
    """Return a line where some of the pictures are of one colour only."""
    if INPUT not in source.fields or source.fields[INPUT].dtype != np.uint8:
        return []
    examples = some(source)
    images = examples.inputs
    found = np.flatnonzero(np.ptp(images.reshape(len(images), -1), axis=1) <= 255 * BLANK)
    if not len(found):
        return []
    one = examples.place(found[0]) or f"number {found[0]}"
    return [f"{len(found):,} of {len(images):,} inputs are blank, such as {one}"]


def give_away(columns: Sequence[Column], targets: np.ndarray) -> list[str]:
    """Return a line for each column that predicts the targets almost without error by itself.

    Its values are put into `BINS` bins; the answer for each bin is learned on one half of the examples and tested on
    the other. If nearly all targets are of one class, nothing is reported.
    """
    half = np.random.default_rng(0).permutation(len(targets)) % 2 == 0
    is_label = targets.ndim == 1 and targets.dtype.kind in "iu"
    labels = np.unique(targets, return_inverse=True)[1] if is_label else targets
    if is_label and np.bincount(labels).max() > NEARLY_ALL * len(labels):
        return []
    lines = []
    for column in columns:
        score = _score(_binned(column), labels, half) if len(targets) >= 2 * LEAST_IN_BIN * 2 else 0.0
        if score > GIVEN_AWAY:
            what = "accuracy" if is_label else "R²"
            lines.append(
                f"{column.name} alone gives the target away ({what} {score:.3f}): is it known before the target is?"
            )
    return lines


def _score(bins: np.ndarray, targets: np.ndarray, half: np.ndarray) -> float:
    """Return the accuracy on the other half of each bin's commonest label; for values, R² of its mean. bins: (N,)."""
    places, count = bins[half], int(bins.max()) + 1
    if targets.ndim == 1 and targets.dtype.kind in "iu":
        classes = int(targets.max()) + 1
        if count * classes > 1 << 24:
            return 0.0
        counts = np.bincount(places * classes + targets[half], minlength=count * classes).reshape(count, classes)
        return float(np.mean(counts.argmax(axis=1)[bins[~half]] == targets[~half]))
    values = targets.reshape(len(targets), -1).astype(np.float64)
    known, tested = values[half], values[~half]
    sizes = np.bincount(places, minlength=count)
    scores = []
    for output in range(values.shape[1]):
        sums = np.bincount(places, known[:, output], minlength=count)
        means = np.where(sizes > 0, sums / np.maximum(sizes, 1), known[:, output].mean())
        spread = np.square(tested[:, output] - tested[:, output].mean()).sum()
        error = np.square(tested[:, output] - means[bins[~half]]).sum()
        scores.append(1 - error / spread if spread > 0 else 0.0)
    return float(max(scores))


def _binned(column: Column) -> np.ndarray:
    """Return the bin of each value, int64 (N,); missing values share a bin."""
    values = column.values
    missing = np.isnan(values)
    most = min(BINS, len(values) // LEAST_IN_BIN)
    distinct = np.unique(values[~missing])
    if column.kind == CATEGORY or len(distinct) <= most:
        edges = distinct[1:]
    else:
        edges = np.unique(np.quantile(values[~missing], np.linspace(0, 1, most + 1)[1:-1]))
    bins = np.searchsorted(edges, values, side="right")
    return np.where(missing, len(edges) + 1, bins).astype(np.int64)


def _of_table(dataset: Table) -> tuple[list[Column], np.ndarray]:
    frame = dataset.rows()
    targets = dataset.target.encoded(frame)
    if dataset.target_std:
        targets = targets * np.asarray(dataset.target_std) + np.asarray(dataset.target_mean)
    rows = _spread(frame.height, MOST_EXAMPLES)
    found = []
    for feature in dataset.features.features:
        name, kind = feature.column.name, feature.column.kind
        values = frame[name][rows]
        if kind == CATEGORY:
            counts = levels_of(values).drop_nulls().value_counts(sort=True)
            levels = tuple(counts[name].to_list())
            places = {level: float(place) for place, level in enumerate(levels)}
            numbers = np.array([places.get(level, np.nan) for level in levels_of(values).to_list()])
            found.append(Column(name, kind, numbers, levels))
        else:
            levels = ("no", "yes") if kind == YES_NO else ()
            found.append(Column(name, kind, numbers_of(values, feature.column), levels))
    return found, targets[rows]


def _of_vectors(name: str, examples: Source) -> list[Column]:
    field = examples.fields[name]
    if len(field.shape) > 1 or sum(field.shape) > MOST_COLUMNS:
        return []
    values = examples.read_all(name).reshape(len(examples), -1)
    kind = CATEGORY if field.is_integer else "pixel" if field.dtype == np.uint8 else "number"
    names = [f"{name}[{place}]" for place in range(values.shape[1])] if values.shape[1] > 1 else [name]
    found = []
    for each, column in zip(names, values.T, strict=True):
        levels = tuple(str(level) for level in range(int(column.max(initial=0)) + 1)) if kind == CATEGORY else ()
        found.append(Column(each, kind, column.astype(np.float64), levels))
    return found


def _spread(count: int, most: int) -> np.ndarray:
    return np.arange(count) if count <= most else np.linspace(0, count - 1, most).astype(np.int64)


def some(source: Source, most_bytes: int | None = None) -> Source:
    """Return as many examples, spread evenly, as fit into `most_bytes`; by default `MOST_BYTES`."""
    size = sum(field.nbytes for name, field in source.fields.items() if name != TARGET)
    most = min(MOST_EXAMPLES, (most_bytes or MOST_BYTES) // max(1, size))
    return source if len(source) <= most else Subset(source, _spread(len(source), most))


def _digests(source: Source, names: Sequence[str]) -> np.ndarray:
    """Return a hash of all inputs of each example, uint64 (N,)."""
    found = np.empty(len(source), np.uint64)
    for indices in batches(len(source), TOGETHER):
        rows = {name: source.fields[name].empty(len(indices)) for name in names}
        source.read(indices, rows, None)
        for place, parts in zip(indices.tolist(), zip(*rows.values(), strict=True), strict=True):
            digest = blake2b(digest_size=8)
            for part in parts:
                digest.update(part.tobytes())
            found[place] = int.from_bytes(digest.digest(), "little")
    return found
