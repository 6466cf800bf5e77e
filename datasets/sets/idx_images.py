"""Image sets in four IDX files, like MNIST's: found on disk or downloaded, checked, and read."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar, Token
from pathlib import Path
from typing import ClassVar

import numpy as np

from trainer.datasets.dataset import Dataset, check_labels
from trainer.datasets.download import cache_folder, download
from trainer.datasets.errors import DataError
from trainer.datasets.examples import Examples
from trainer.datasets.readers.idx import read_idx
from trainer.datasets.readers.npz import read_npz
from trainer.datasets.transforms import Augmentation, Mixing, Transform
from trainer.ground.options import check_range

log = logging.getLogger(__name__)

TRAIN = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
TEST = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
TORCHVISION_ROOTS = ("data", ".", "~/data", "~/datasets")

MOST_KEPT = 8

_reader: ContextVar[Callable[[Path], np.ndarray] | None] = ContextVar("reader of IDX files", default=None)


class KeptFiles:
    """Within, IDX files are read once, until they change: for jobs that read the same files one after the other.

        files = KeptFiles()
        with files:
            ...

    The arrays must not be written to. They stay in memory from one use to the next; `clear` forgets them.
    """

    def __init__(self) -> None:
        self._arrays: dict[tuple[Path, int, int], np.ndarray] = {}  # by file, time of change and size
        self._tokens: list[Token] = []

    def __enter__(self) -> None:
        self._tokens.append(_reader.set(self._read))

    def __exit__(self, *_: object) -> None:
        _reader.reset(self._tokens.pop())

    def clear(self) -> None:
        """Forget all arrays."""
        self._arrays.clear()

    def _read(self, path: Path) -> np.ndarray:
        status = path.stat()
        key = (path.resolve(), status.st_mtime_ns, status.st_size)
        if key not in self._arrays:
            if len(self._arrays) == MOST_KEPT:
                self.clear()
            self._arrays[key] = read_idx(path)
            self._arrays[key].flags.writeable = False
        return self._arrays[key]


class IdxImages(Dataset):
    """Images and labels in four IDX files, gzip-compressed or plain.

    The files come from the first of: the folder `root`, if given; the folder `name` in the folder that the environment
    variable TRAINER_DATA names, if it exists; this program's cache; the caches of torchvision and Keras; a download.
    The user has named the first two, so a missing or damaged file there is an error; they may contain any images of
    `shape` with labels below num_classes.
    """

    sha256: ClassVar[Mapping[str, str]]  # file name -> hash of the published file
    mirrors: Sequence[str]  # base URLs that have these files
    pixels = True
    torchvision_folder: str
    keras_path: str
    num_classes: int

    def __init__(
        self,
        shape: Sequence[int],
        num_classes: int,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        transforms: Mapping[str, Transform] | None = None,
        root: str | os.PathLike | None = None,
        augment: Mapping[str, Augmentation | Mixing] | None = None,
    ) -> None:
        if len(shape) != 3 or min(shape) < 1:
            raise ValueError(f"shape: {list(shape)} is not [channels, height, width], each at least 1")
        check_range("num_classes", num_classes, "[1, inf)")
        super().__init__(shape, num_classes, mean, std, transforms, augment)
        self.root = root

    def read(self) -> tuple[Examples, Examples]:
        """Return training and test images (N, *shape) uint8 with labels (N,) int64. Raises DataError."""
        folder = self._named_folder()
        if folder is None:
            for path in filter(Path.exists, self._caches()):
                try:
                    return self._read(path)
                except DataError as error:
                    log.info("%s not used: %s", path, error)
            folder = cache_folder(self.name)
            download(self.sha256, self.mirrors, folder)
        return self._read(folder)

    def place(self) -> str | None:
        """See `Dataset.place`; the files are checked only when they are read."""
        named = self._named_folder()
        for path in filter(Path.exists, self._caches()) if named is None else [named]:
            try:
                if path.suffix != ".npz":
                    for name in TRAIN + TEST:
                        self._find(path, name)
                return str(path)
            except DataError:
                if named is not None:
                    raise
        return None

    def _named_folder(self) -> Path | None:
        """Return the folder that the user named, by data.root or TRAINER_DATA."""
        if self.root is not None:
            return Path(self.root).expanduser()
        collection = os.environ.get("TRAINER_DATA")
        if not collection:
            return None
        if not Path(collection).expanduser().is_dir():
            raise DataError(f"TRAINER_DATA: {collection} is not a folder; correct or unset the environment variable")
        folder = Path(collection).expanduser() / self.name
        return folder if folder.is_dir() else None

    def _caches(self) -> Iterator[Path]:
        yield cache_folder(self.name)
        for root in TORCHVISION_ROOTS:
            yield Path(root).expanduser() / self.torchvision_folder / "raw"
        yield Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "datasets" / self.keras_path

    def _read(self, path: Path) -> tuple[Examples, Examples]:
        arrays: Sequence[np.ndarray]
        sources: Sequence[Path]
        if path.suffix == ".npz":
            arrays, sources = read_npz(path, ("x_train", "y_train", "x_test", "y_test")), (path,) * 4
        else:
            sources = tuple(self._find(path, name) for name in TRAIN + TEST)
            arrays = tuple(map(_reader.get() or read_idx, sources))
        log.info("%s: read from %s", self.name, path)
        return self._examples(arrays[:2], sources[:2]), self._examples(arrays[2:], sources[2:])

    def _find(self, folder: Path, name: str) -> Path:
        for written in (name, name.replace("-idx", ".idx")):  # the second in copies of the originals
            for path in (folder / f"{written}.gz", folder / written):
                if path.is_file():
                    return path
        raise DataError(
            f"{folder}: has no {name}.gz; put the four IDX files of {self.name} there, or correct data.root or "
            "TRAINER_DATA (with neither, they are downloaded)"
        )

    def _examples(self, arrays: Sequence[np.ndarray], sources: Sequence[Path]) -> Examples:
        (images, labels), (images_source, labels_source) = arrays, sources
        if images.ndim == 3:
            images = images[:, np.newaxis]
        if images.ndim != 4 or images.dtype != np.uint8 or len(images) == 0:
            raise DataError(
                f"{images_source}: holds {images.dtype} {list(images.shape)}, not one or more uint8 images; "
                "replace it by the file of images"
            )
        if images.shape[1:] != self.shape:
            raise DataError(
                f"{images_source}: its images have the shape {list(images.shape[1:])}, not data.shape="
                f"{list(self.shape)}; set data.shape or replace the file"
            )
        if labels.shape != (len(images),) or labels.dtype.kind not in "iu":
            raise DataError(
                f"{labels_source}: holds {labels.dtype} {list(labels.shape)}, not one integer label for each of the "
                f"{len(images)} images; replace it by the file of labels"
            )
        return Examples(images, check_labels(labels, self.num_classes, labels_source))
