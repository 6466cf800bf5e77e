"""A folder of pictures of your own."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from trainer.datasets.dataset import Dataset, Splits
from trainer.datasets.errors import DataError
from trainer.datasets.examples import Examples
from trainer.datasets.readers.picture import FITS, look_at_image, read_image
from trainer.datasets.readers.picture_folder import SPLITS, TEST, VALIDATION, Listing, list_pictures
from trainer.datasets.source import TARGET, Source, Subset
from trainer.datasets.splitting import Fold, apart
from trainer.datasets.transforms import Augmentation, Transform
from trainer.ground.files import replacing
from trainer.ground.options import check_range
from trainer.ground.streams import stream

log = logging.getLogger(__name__)

Auto = Literal["auto"]
AUTO: Auto = "auto"
LOOKED_AT = 200  # pictures whose sizes decide the default
LARGEST_DEFAULT, STEP = 64, 4  # of sides chosen by default, for networks on CPUs
NAMED = 10  # how many damaged pictures, or classes, a line names


class Images(Dataset):
    """Pictures in a folder, with their classes, in one of the layouts of `list_pictures`.

    Several threads decode them once into a mapped file of pixels (N, C, H, W) uint8, which may be larger than the
    memory. The file is kept for later runs; you may delete it at any time.

    Args:
        root: The folder.
        size: [height, width] of what the network sees; auto: the median of the pictures' shorter sides, at most 64.
        channels: 1 for grey or 3 for colour; auto: 3 where one in twenty is in colour.
        fit: How other proportions become that size: "crop" what stands over, "pad", or "stretch".
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
        augment: Mapping[str, Augmentation] | None = None,
    ) -> None:
        check_range("test", test, "[0, 1)")
        if fit not in FITS:
            raise ValueError(f"fit: {fit!r} is none of {', '.join(FITS)}")
        given = {"root": root, "size": size, "channels": channels, "classes": classes, "ignore_label": ignore_label}
        known = self.completed(given)
        if known["channels"] not in (1, 3):
            raise ValueError(f"channels: {known['channels']} is neither 1 (grey) nor 3 (colour)")
        if len(known["size"]) != 2 or min(known["size"]) < 1:
            raise ValueError(f"size: {known['size']} is not [height, width], each at least 1")
        self.class_names = tuple(str(name) for name in known["classes"])
        if num_classes not in (AUTO, len(self.class_names)):
            raise ValueError(f"num_classes: {num_classes} is not the number of classes, {len(self.class_names)}")
        super().__init__(
            (known["channels"], *known["size"]), len(self.class_names), mean, std, transforms, augment
        )
        self.root, self.test, self.skip_damaged = Path(root).expanduser(), test, skip_damaged
        self.fit, self.background, self.ignore_label = fit, background, ignore_label
        self.cache = None if cache is None else Path(cache).expanduser()

    @classmethod
    def completed(
        cls, options: Mapping[str, Any], validation: float | Fold = 0.0, rng: np.random.Generator | None = None
    ) -> dict[str, Any]:
        """See `Dataset.completed`; lists the folder and reads the sizes of some pictures."""
        completed = dict(options)
        asked = {name for name in ("size", "channels", "classes") if completed.get(name, AUTO) == AUTO}
        listing = _listing(Path(options["root"]).expanduser(), options.get("ignore_label")) if asked else None
        if listing is not None and asked != {"classes"}:
            size, channels = _usual(listing.paths)
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
            f"pictures become {height}x{width} ({self.fit}), {colour}; data.size, data.fit and data.channels change it",
        ]

    def read(self) -> Splits:
        """Return the pictures, with a tenth of the training pictures for validation. Raises DataError."""
        return self.divided(0.1, np.random.default_rng(0))

    def divided(self, validation: float | Fold, rng: np.random.Generator) -> Splits:
        listing = _listing(self.root, self.ignore_label, say=True)
        if listing.classes != self.class_names:
            raise DataError(
                f"{self.root}: its classes are {', '.join(listing.classes)}, not {', '.join(self.class_names)}; "
                "choose other data"
            )
        decoded = decode(listing, self.shape, self.fit, self.background, self.cache)
        good = self._good(len(listing.paths), decoded.damaged)
        examples = Examples(decoded.pixels, listing.labels)
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

    def _good(self, count: int, damaged: Mapping[int, str]) -> np.ndarray:
        """Return the numbers of the usable pictures. Raises DataError."""
        if damaged:
            named = "; ".join([*damaged.values()][:NAMED]) + ("; ..." if len(damaged) > NAMED else "")
            if not self.skip_damaged:
                raise DataError(
                    f"{self.root}: {len(damaged)} damaged pictures; repair or remove them, or set "
                    f"data.skip_damaged=true: {named}"
                )
            log.warning("%s: %d damaged pictures are left out: %s", self.root, len(damaged), named)
        return np.setdiff1d(np.arange(count), np.array([*damaged], np.int64))

    def _cut(
        self, rows: np.ndarray, examples: Source, share: float | Fold, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the rest and a share of the pictures, with the same share of each class."""
        wanted = round(share * len(rows)) if isinstance(share, float) else share
        if not wanted:
            return rows, rows[:0]
        chosen = apart(len(rows), wanted, rng, labels=examples.read_all(TARGET)[rows])
        return np.delete(rows, chosen), rows[chosen]


def _listing(root: Path, ignored: str | int | None, say: bool = False) -> Listing:
    """Return the pictures of a folder but for a class that is ignored; `say` how many that leaves out."""
    everything = list_pictures(root)
    if ignored is None:
        return everything
    kept = everything.without(str(ignored))
    if say:
        left_out = len(everything.paths) - len(kept.paths)
        log.info("%s: %s pictures of the class %s are left out", root, f"{left_out:,}", ignored)
    return kept


@dataclass(frozen=True)
class Decoded:
    """Pictures as pixels.

    Attributes:
        pixels: (N, C, H, W) uint8; zeros where a picture is damaged.
        damaged: The faults of damaged pictures, by their numbers.
    """

    pixels: np.ndarray
    damaged: Mapping[int, str]


def decode(
    listing: Listing, shape: tuple[int, ...], fit: str, background: str, cache: Path | None = None
) -> Decoded:
    """Return the pictures of a listing as pixels, mapped from a file in the folder `cache` if it is given.

    The file's name depends on the names, sizes and times of the pictures and on the other arguments, so an existing
    file can be used. If it cannot be written, the pixels are in memory.
    """
    whole = (len(listing.paths), *shape)
    pixels: np.ndarray
    if cache is not None:
        path = cache / f"pictures-{_key(listing.paths, whole, fit, background)}.npy"
        try:
            if not path.is_file():
                cache.mkdir(parents=True, exist_ok=True)
                with replacing(path) as temporary:
                    mapped = np.lib.format.open_memmap(temporary, "w+", np.uint8, whole)
                    damaged = _decode_into(mapped, listing.paths, fit, background)
                    mapped.flush()
                with replacing(path.with_suffix(".json")) as temporary:
                    temporary.write_text(json.dumps(damaged), encoding="utf-8")
            damaged = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
            return Decoded(np.load(path, mmap_mode="r"), {int(number): why for number, why in damaged.items()})
        except OSError as error:
            log.warning("%s: %s; the pictures are decoded into memory", cache, error.strerror or error)
    pixels = np.zeros(whole, np.uint8)
    return Decoded(pixels, _decode_into(pixels, listing.paths, fit, background))


def _decode_into(pixels: np.ndarray, paths: Sequence[Path], fit: str, background: str) -> dict[int, str]:
    """Decode every picture into its row, and return the faults of damaged ones."""

    from concurrent.futures import ThreadPoolExecutor

    def one(number: int) -> str | None:
        try:
            pixels[number] = read_image(paths[number], pixels.shape[1:], fit=fit, background=background)
        except DataError as error:
            return str(error)
        return None

    with ThreadPoolExecutor(os.process_cpu_count() if hasattr(os, "process_cpu_count") else os.cpu_count()) as pool:
        return {number: why for number, why in enumerate(pool.map(one, range(len(paths)))) if why}


def _key(paths: Sequence[Path], *options: Any) -> str:
    digest = hashlib.sha256(repr(options).encode())
    for path in paths:
        status = path.stat()
        digest.update(f"{path.absolute()}\0{status.st_size}\0{status.st_mtime_ns}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:16]


def _usual(paths: Sequence[Path]) -> tuple[list[int], int]:
    """Return the default size and channels, from pictures spread over the whole list."""
    step = max(1, len(paths) // LOOKED_AT)
    seen = []
    for path in paths[::step]:
        try:
            seen.append(look_at_image(path))
        except DataError:
            continue  # named with all others when they are decoded
    if not seen:
        raise DataError(f"{paths[0].parent}: none of the pictures looked at can be read; see data.root")
    side = int(np.median([min(height, width) for _, height, width in seen]))
    side = max(1, min(LARGEST_DEFAULT, side // STEP * STEP or side))
    colour = np.mean([channels == 3 for channels, *_ in seen]) >= 0.05
    return [side, side], 3 if colour else 1
