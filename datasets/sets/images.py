"""A folder of your own pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from trainer.datasets.dataset import Dataset, Splits
from trainer.datasets.errors import DataError
from trainer.datasets.examples import Examples
from trainer.datasets.readers.picture import FITS, PictureError, look_at_image, quietly
from trainer.datasets.readers.picture_folder import NAMED, SPLITS, TEST, VALIDATION, Listing, list_pictures
from trainer.datasets.readers.pixels import Pixels, decode
from trainer.datasets.source import TARGET, Source, Subset
from trainer.datasets.splitting import Fold, apart
from trainer.datasets.transforms import Augmentation, Mixing, Transform
from trainer.ground.options import check_range
from trainer.ground.streams import stream

Auto = Literal["auto"]
AUTO: Auto = "auto"
LOOKED_AT = 200  # pictures whose sizes decide the default
DARK = 16  # of 255: as bright as 12 bits become in files of 16
LARGEST_DEFAULT, STEP = 64, 4  # of sides chosen by default, for networks on CPUs


class Images(Dataset):
    """Pictures in a folder, with their classes, in one of the layouts of `list_pictures`.

    Several threads decode them once into a file of pixels (N, C, H, W) uint8, which all workers map: what fits in
    memory stays there, the rest is read when it is needed. The file is kept for later runs; you may delete it at any
    time.

    Args:
        root: The folder.
        labels: A table of file names and labels, see `list_pictures`; None: metadata.csv or the like in the folder, or
            a folder for each class.
        size: [height, width] of what the network sees; auto: the median of the pictures' shorter sides, at most 64.
        channels: 1 for grey or 3 for colour; auto: 3 where one in twenty is in colour.
        fit: How other proportions become that size: "crop" the excess, "pad", or "stretch".
        background: What transparent parts and padding show, a colour such as "white" or "#808080".
        test: The share kept for the test, of each class, the same in every run, where folders name no test.
        ignore_label: A class whose pictures are left out; None: all are taken.
        skip_damaged: Leave damaged pictures out instead of refusing the folder.
        cache: Folder for the decoded pixels; None: decode into memory in every run.
        classes, num_classes: The names of the classes, and their number; auto.
    """

    name = "images"
    pixels = True

    def __init__(
        self,
        root: Path,
        labels: Path | None = None,
        size: Sequence[int] | Auto = AUTO,
        channels: int | Auto = AUTO,
        fit: Literal["crop", "pad", "stretch"] = "crop",
        background: str = "white",
        test: float = 0.1,
        ignore_label: str | int | None = None,
        skip_damaged: bool = False,
        cache: Path | None = None,
        classes: Sequence[str] | Auto = AUTO,
        num_classes: int | Auto = AUTO,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        transforms: Mapping[str, Transform] | None = None,
        augment: Mapping[str, Augmentation | Mixing] | None = None,
    ) -> None:
        check_range("test", test, "[0, 1)")
        if fit not in FITS:
            raise ValueError(f"fit: {fit!r} is none of {', '.join(FITS)}")
        given: dict[str, Any] = {"root": root, "labels": labels, "ignore_label": ignore_label}
        given |= {"size": size, "channels": channels, "classes": classes}
        known = self.completed(given)
        if known["channels"] not in (1, 3):
            raise ValueError(f"channels: {known['channels']} is neither 1 (grey) nor 3 (colour)")
        if len(known["size"]) != 2 or min(known["size"]) < 1:
            raise ValueError(f"size: {known['size']} is not [height, width], each at least 1")
        self.class_names = tuple(str(name) for name in known["classes"])
        if num_classes not in (AUTO, len(self.class_names)):
            raise ValueError(f"num_classes: {num_classes} is not the number of classes, {len(self.class_names)}")
        super().__init__((known["channels"], *known["size"]), len(self.class_names), mean, std, transforms, augment)
        self.root, self.labels = Path(root).expanduser(), _expanded(labels)
        self.test, self.skip_damaged = test, skip_damaged
        self.fit, self.background, self.ignore_label = fit, background, ignore_label
        self.cache = _expanded(cache)
        self._seen, self._remarks = "", list[str]()

    @classmethod
    def completed(
        cls, options: Mapping[str, Any], validation: float | Fold = 0.0, rng: np.random.Generator | None = None
    ) -> dict[str, Any]:
        """See `Dataset.completed`; lists the folder and reads the sizes of some pictures."""
        completed = dict(options)
        asked = {name for name in ("size", "channels", "classes") if completed.get(name, AUTO) == AUTO}
        root, labels = Path(options["root"]).expanduser(), _expanded(options.get("labels"))
        listing = _listing(root, labels, options.get("ignore_label")) if asked else None
        if listing is not None and asked != {"classes"}:
            size, channels = _usual(_looked_at(listing.paths))
            completed |= {name: value for name, value in (("size", size), ("channels", channels)) if name in asked}
        if listing is not None and "classes" in asked:
            completed["classes"] = list(listing.classes)
        if completed.get("num_classes", AUTO) == AUTO:
            completed["num_classes"] = len(completed["classes"])
        return completed

    def place(self) -> str:
        return str(self.root)

    def described(self) -> list[str]:
        channels, height, width = self.shape
        colour = "grey" if channels == 1 else "colour"
        classes = ", ".join(self.class_names[:NAMED]) + (", ..." if len(self.class_names) > NAMED else "")
        return [
            f"{len(self.class_names)} classes: {classes}",
            f"{self._seen or 'pictures'} become {height}x{width} ({self.fit}), {colour}; data.size, data.fit and "
            "data.channels change it",
            *self._remarks,
        ]

    def read(self) -> Splits:
        """Return the pictures, with a tenth of the training pictures for validation. Raises DataError."""
        return self.divided(0.1, np.random.default_rng(0))

    def divided(self, validation: float | Fold, rng: np.random.Generator) -> Splits:
        listing = _listing(self.root, self.labels, self.ignore_label)
        if listing.classes != self.class_names:
            raise DataError(
                f"{self.root}: its classes are {', '.join(listing.classes)}, not {', '.join(self.class_names)}; "
                "choose other data"
            )
        channels, height, width = self.shape
        shape = (channels, height, width)
        pixels = decode(self.root, listing.paths, shape, self.fit, self.background, self.cache)
        good = self._good(listing, pixels)
        self._remarks = listing.remarks()
        if pixels.damaged:
            self._remarks.append(f"{self.root}: {_faults(pixels, len(listing.paths), ' and are left out')}")
        if 0 < (brightest := int(pixels.array[:LOOKED_AT].max(initial=0))) <= DARK:
            self._remarks.append(
                f"{self.root}: the brightest pixel is {brightest} of 255, so most of what they show may be lost; if "
                "these are pictures of 12 bits in files of 16, multiply them by 16"
            )
        self._seen = _described(_looked_at([listing.paths[number] for number in good]))
        examples = Pictures(pixels.array, listing.labels, listing.paths)
        names = np.array(listing.splits)
        parts = {name: good[names[good] == name] for name in SPLITS}
        train = good[(names[good] == "") | (names[good] == "train")]
        if not len(parts[TEST]):
            train, parts[TEST] = self._cut(train, examples, self.test, stream(0, "test"))
        if len(parts[VALIDATION]) and isinstance(validation, Fold):
            raise DataError(f"cross_validation: {self.root} has pictures for validation; leave it out")
        if not len(parts[VALIDATION]):
            train, parts[VALIDATION] = self._cut(train, examples, validation, rng)
        return Splits(Subset(examples, train), Subset(examples, parts[VALIDATION]), Subset(examples, parts[TEST]))

    def _good(self, listing: Listing, pixels: Pixels) -> np.ndarray:
        """Return the numbers of the usable pictures. Raises DataError."""
        count, damaged = len(listing.paths), pixels.damaged
        good = np.setdiff1d(np.arange(count), np.array([*damaged], np.int64))
        if damaged and not (self.skip_damaged and len(good)):
            remedy = "or set data.skip_damaged=true" if len(good) else "or choose others"
            raise DataError(f"{self.root}: {_faults(pixels, count)}; fix or remove them, {remedy}")
        return good

    def _cut(
        self, rows: np.ndarray, examples: Source, share: float | Fold, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the rest and a share of the pictures, with the same share of each class."""
        wanted = round(share * len(rows)) if isinstance(share, float) else share
        if not wanted:
            return rows, rows[:0]
        chosen = apart(len(rows), wanted, rng, labels=examples.read_all(TARGET)[rows])
        return np.delete(rows, chosen), rows[chosen]


class Pictures(Examples):
    """Examples that know their files.

    Attributes:
        paths: The paths of all pictures; none in a worker process.
    """

    def __init__(self, pixels: np.ndarray, labels: np.ndarray, paths: Sequence[Path]) -> None:
        super().__init__(pixels, labels)
        self.paths = paths

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"paths": ()}

    def place(self, index: int) -> str:
        return str(self.paths[index]) if self.paths else ""


def _listing(root: Path, labels: Path | None, ignored: str | int | None) -> Listing:
    """Return the pictures of a folder, except those of an ignored class."""
    everything = list_pictures(root, labels)
    return everything if ignored is None else everything.without(str(ignored))


def _expanded(path: Path | str | None) -> Path | None:
    return None if path is None else Path(path).expanduser()


def _faults(pixels: Pixels, count: int, what: str = "") -> str:
    """Return how many pictures cannot be used, what becomes of them, and the first of them."""
    named = ", ".join([*pixels.damaged.values()][:NAMED])
    if len(pixels.damaged) > NAMED:
        named += f" and {len(pixels.damaged) - NAMED} more" + (f", see {pixels.list}" if pixels.list else "")
    return f"{len(pixels.damaged):,} of {count:,} pictures cannot be used{what}: {named}"


def _looked_at(paths: Sequence[Path]) -> list[tuple[int, int, int]]:
    """Return (C, H, W) of pictures spread over the whole list. Raises DataError if none of them can be read."""
    seen = []
    with quietly():
        for path in paths[:: max(1, len(paths) // LOOKED_AT)]:
            try:
                seen.append(look_at_image(path))
            except PictureError:
                continue  # named with all others when they are decoded
    if not seen:
        raise DataError(f"{paths[0].parent}: none of the pictures looked at can be read; see data.root")
    return seen


def _usual(seen: Sequence[tuple[int, int, int]]) -> tuple[list[int], int]:
    """Return the default size and channels."""
    side = _median_side(seen)
    side = max(1, min(LARGEST_DEFAULT, side // STEP * STEP or side))
    colour = np.mean([channels == 3 for channels, *_ in seen]) >= 0.05
    return [side, side], 3 if colour else 1


def _median_side(seen: Sequence[tuple[int, int, int]]) -> int:
    return int(np.median([min(height, width) for _, height, width in seen]))


def _described(seen: Sequence[tuple[int, int, int]]) -> str:
    """Return in words which pictures were found, from which the default size and channels follow."""
    _, *least = min(seen, key=lambda each: each[1] * each[2])
    _, *largest = max(seen, key=lambda each: each[1] * each[2])
    sizes = "x".join(map(str, least))
    if least != largest:
        sizes += f" to {'x'.join(map(str, largest))} (median of the shorter sides: {_median_side(seen)})"
    colour = sum(channels == 3 for channels, *_ in seen)
    share = {0: "all grey", len(seen): "all in colour"}.get(colour, f"{colour / len(seen):.0%} in colour")
    return f"pictures of {sizes}, {share},"
