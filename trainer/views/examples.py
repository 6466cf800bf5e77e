"""Pictures as a network gets them, and what augmentations make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trainer.datasets import INPUT, TARGET, Dataset, Draw, Field, Source
from trainer.views import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ACROSS, DOWN = 8, 6  # pictures
EPOCHS = 4  # in which an augmented picture is shown
LONG = 14  # characters of a caption
LEAST_SHARE = 0.005  # of a class in a mixture that is named


def is_picture(field: Field | None) -> bool:
    """Return whether an input is a picture that can be shown."""
    return field is not None and len(field.shape) == 3 and field.shape[0] in (1, 3)


def draw_pictures(dataset: Dataset, examples: Source, seed: int) -> Figure:
    """Draw pictures in a grid, with their classes; where they are augmented, each in several epochs.

    Args:
        dataset: Their data set.
        examples: The training examples.
        seed: The seed of the run: examples are augmented as they will be.
    """
    indices = chosen(examples, ACROSS * DOWN if not dataset.augment else ACROSS // EPOCHS * DOWN)
    epochs = range(EPOCHS if dataset.augment else 1)
    draws = [Draw(seed, epoch, indices) for epoch in epochs]
    images, targets = (
        np.stack([read(examples, indices, name, draw) for draw in draws], axis=1)  # an example's epochs side by side
        for name in (INPUT, TARGET)
    )
    images, targets = (each.reshape(-1, *each.shape[2:]) for each in (images, targets))
    rows = -(-len(images) // ACROSS)
    figure = style.new_figure(1.05 * ACROSS, 1.25 * rows + 0.4)
    for number, (image, title) in enumerate(zip(_colours(images), captions(dataset, targets), strict=True)):
        axes = figure.add_subplot(rows, ACROSS, number + 1)
        axes.set_axis_off()
        axes.imshow(image)
        epoch = f" · {number % len(epochs) + 1}" if len(epochs) > 1 else ""
        axes.set_title(title + epoch, fontsize=7 if len(title) <= LONG else 6, color=style.INK, pad=3)
    what = f", each augmented as in epochs 1 to {EPOCHS}" if dataset.augment else ""
    figure.suptitle(f"{dataset.name}: training examples{what}", fontsize=9, x=0.01, ha="left", color=style.INK)
    return figure


def draw_augmentations(dataset: Dataset, examples: Source, seed: int) -> Figure:
    """Draw what each augmentation alone makes of some pictures, in a row, and what all make of them together.

    Args:
        dataset: Their data set.
        examples: The training examples, as stored.
        seed: The seed of the run.
    """
    names = [*dataset.augment]
    rows = {"as stored": [], **{name: [name] for name in names}, **({"all": names} if len(names) > 1 else {})}
    indices = chosen(examples, ACROSS)
    draw, stored = Draw(seed, 0, indices), read(examples, indices, TARGET)
    figure = style.new_figure(0.84 * ACROSS + 1.0, 1.08 * len(rows) + 0.4)
    for number, (title, parts) in enumerate(rows.items(), start=1):
        source = dataset.augmented(examples, parts)
        images, targets = (read(source, indices, name, draw) for name in (INPUT, TARGET))
        tiles = [np.pad(image, ((1, 1), (1, 1), (0, 0)), constant_values=1) for image in _colours(images)]
        axes = figure.add_subplot(len(rows), 1, number)
        axes.imshow(np.concatenate(tiles, axis=1))
        style.style_axes(axes, "", grid=False)
        is_mixed = targets.shape != stored.shape or not np.array_equal(targets, stored)
        centres = (np.arange(len(tiles)) + 0.5) * tiles[0].shape[1]
        axes.set_xticks(centres, captions(dataset, targets) if is_mixed or not parts else [""] * len(tiles), fontsize=6)
        axes.set_yticks([])
        axes.set_ylabel(short(title, 12), rotation=0, ha="right", va="center", fontsize=8, color=style.INK)
    what = "what each augmentation makes of training examples"
    figure.suptitle(f"{dataset.name}: {what}", fontsize=9, x=0.01, ha="left", color=style.INK)
    return figure


def read(source: Source, indices: np.ndarray, name: str, draw: Draw | None = None) -> np.ndarray:
    """Return one field of examples, (n, ...), as it is read with the random numbers `draw`, or without."""
    field = (source.fields if draw is None else source.drawn)[name]
    out = np.empty((len(indices), *field.shape), field.dtype)
    source.read(indices, {name: out}, draw)
    return out


def chosen(examples: Source, count: int) -> np.ndarray:
    """Return the indices of examples: of classes in turn, as far as there are enough of each."""
    targets = examples.targets
    if targets.ndim > 1 or targets.dtype.kind == "f":
        return np.linspace(0, len(examples) - 1, min(count, len(examples))).astype(np.int64)
    rank = np.zeros(len(targets), np.int64)  # which example of its class each is
    order = np.argsort(targets, kind="stable")
    _, starts, counts = np.unique(targets[order], return_index=True, return_counts=True)
    rank[order] = np.arange(len(targets)) - np.repeat(starts, counts)
    return np.lexsort((targets, rank))[:count]


def captions(dataset: Dataset, targets: np.ndarray) -> list[str]:
    """Return each target (n, ...) in words: classes by their names, of a mixture with their shares."""

    def caption(target: np.ndarray) -> str:
        if target.ndim == 0 and target.dtype.kind in "iu":
            return short(dataset.class_names[int(target)])
        if not dataset.num_classes:
            return short(", ".join(f"{value:.3g}" for value in np.ravel(target)[:3]))
        there = [each for each in np.argsort(-target, kind="stable") if target[each] > LEAST_SHARE]
        if np.all(target[there] > 1 - LEAST_SHARE):
            return short(", ".join(dataset.class_names[each] for each in there) or "none")
        return ", ".join(f"{short(dataset.class_names[each], 6)}: {target[each]:.0%}" for each in there[:2])

    return [caption(target) for target in targets]


def short(text: str, most: int = LONG) -> str:
    """Return a text that fits, and that matplotlib does not take for mathematics."""
    plain = "".join(c if c.isprintable() else "·" for c in text).replace("$", r"\$")
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def _colours(images: np.ndarray) -> np.ndarray:
    """Return pictures (N, C, H, W) of pixels or values as red, green and blue in [0, 1], (N, H, W, 3)."""
    low, high = (0, 255) if images.dtype == np.uint8 else (images.min(), images.max())
    scaled = np.clip((np.moveaxis(images, 1, -1).astype(float) - low) / max(high - low, 1e-9), 0, 1)
    return np.broadcast_to(scaled, (*scaled.shape[:-1], 3))
