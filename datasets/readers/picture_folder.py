"""Folders of labelled pictures, in the usual layouts."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from trainer.datasets.errors import DataError
from trainer.datasets.readers.picture import SUFFIXES
from trainer.datasets.readers.picture_labels import FILE_COLUMNS, LABEL_COLUMNS, read_labels
from trainer.ground.text import alike

TRAIN, VALIDATION, TEST = SPLITS = ("train", "validation", "test")
SPLIT_NAMES = {
    "train": TRAIN, "training": TRAIN, "val": VALIDATION, "valid": VALIDATION, "validation": VALIDATION, "test": TEST,
}  # fmt: skip
METADATA = ("metadata.csv", "metadata.jsonl", "labels.csv")
LEFT_BEHIND = ("thumbs.db", "desktop.ini", "__macosx")  # by systems, as are names that begin with a dot
NAMED = 10  # faulty files that a line names


@dataclass(frozen=True)
class Listing:
    """The pictures of a folder.

    Attributes:
        root: The folder.
        paths: The paths of the pictures, sorted within each split.
        labels: int64 (N,), indices into `classes`.
        classes: Names, sorted; whole numbers by value.
        splits: For each picture the split that its folder names; "" if folders name none.
        left_out: How many files of each kind are not examples, by a word for the kind, such as ".txt".
    """

    root: Path
    paths: tuple[Path, ...]
    labels: np.ndarray
    classes: tuple[str, ...]
    splits: tuple[str, ...]
    left_out: Mapping[str, int]

    def without(self, name: str) -> Listing:
        """Return the listing without the class `name`. Raises DataError."""
        if name not in self.classes or len(self.classes) == 1:
            problem = f"no class is called '{name}'" if name not in self.classes else "there is no other class"
            raise DataError(f"data.ignore_label: {problem}; the classes are {', '.join(self.classes)}")
        place = self.classes.index(name)
        kept = np.flatnonzero(self.labels != place)
        labels = self.labels[kept]
        return replace(
            self,
            paths=tuple(self.paths[picture] for picture in kept),
            labels=labels - (labels > place),
            classes=tuple(each for each in self.classes if each != name),
            splits=tuple(self.splits[picture] for picture in kept),
            left_out={**self.left_out, f"of class {name}": len(self.labels) - len(kept)},
        )

    def remarks(self) -> list[str]:
        """Return lines about the folder for the user."""
        lines = [f"{self.root}{_others(self.left_out)}".replace(";", ":", 1)] if self.left_out else []
        return lines + [
            f"{self.root}: {' and '.join(names)} are different classes; if they are one, give them one name"
            for names in alike(self.classes)
        ]


def list_pictures(root: Path, labels: Path | None = None) -> Listing:
    """List the pictures below `root`, with their classes.

    The first of these layouts that fits is used:

    - `labels`, or ``metadata.csv``, ``metadata.jsonl`` or ``labels.csv`` beside the pictures: a line for each picture
      with the columns file_name, within `root`, and label. Folders of splits may be around them;
    - ``root/train/…``, ``root/val/…`` (or ``valid``, ``validation``) and ``root/test/…``, each in one of these layouts;
    - ``CLASS/…``: a folder for each class, which may contain folders.

    Raises:
        DataError: No such folder, no pictures, only one class, a picture in the metadata that does not exist, a class
            without training pictures, or one picture in several classes.
    """
    if not root.is_dir():
        problem = "not a folder (unpack an archive first)" if root.exists() else "no such folder"
        raise DataError(f"{root}: {problem}; set data.root")
    left_out: Counter[str] = Counter()
    parts = {path: SPLIT_NAMES[path.name.lower()] for path in _folders(root) if path.name.lower() in SPLIT_NAMES}
    apart = any(_metadata(path) or not _loose(path) for path, split in parts.items() if split == TRAIN)
    if metadata := labels or (None if apart else _metadata(root)):
        found = [*_by_metadata(root, metadata, parts, left_out)]
    else:  # a folder called train may be a class, of pictures of trains
        parts = parts if apart else {root: ""}
        found = [(split, *each) for folder, split in parts.items() for each in _labelled(folder, left_out)]
        if apart:
            left_out.update(f"folder {path.name}" for path in _folders(root) if path not in parts)
    if not found:
        raise DataError(f"{root}: holds no pictures ({', '.join(SUFFIXES)}){_others(left_out)}")
    found.sort(key=lambda each: (SPLITS.index(each[0]) if each[0] else 0, each[1]))
    classes = sorted({label for split, _, label in found if split in ("", TRAIN)}, key=_order)
    places = {name: place for place, name in enumerate(classes)}
    for _, path, label in found:
        if label not in places:
            raise DataError(f"{path}: no picture to train on is of class '{label}'; add some, or remove this class")
    if len(classes) < 2:
        only = f"all pictures are of class '{classes[0]}'"
        raise DataError(f"{root}: {only}; make a folder for each class{_within(root)}")
    return Listing(
        root,
        tuple(Path(path) for _, path, _ in found),
        np.array([places[label] for *_, label in found], np.int64),
        tuple(classes),
        tuple(split for split, *_ in found),
        left_out,
    )


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures in a folder and its subfolders, by suffix, sorted. Raises DataError if there are none."""
    left_out: Counter[str] = Counter()
    found = sorted(_pictures(folder, left_out))
    if not found:
        raise DataError(f"{folder}: holds no pictures ({', '.join(SUFFIXES)}){_others(left_out)}")
    return [Path(path) for path in found]


def _metadata(folder: Path) -> Path | None:
    return next((folder / name for name in METADATA if (folder / name).is_file()), None)


def _labelled(folder: Path, left_out: Counter[str]) -> Iterator[tuple[str, str]]:
    """Yield the pictures of one split with the names of their classes."""
    if metadata := _metadata(folder):
        for _, path, label in _by_metadata(folder, metadata, {}, left_out):
            yield path, label
        return
    if loose := _loose(folder):
        raise DataError(
            f"{min(loose)}: is in no class folder; move it into one, or give {folder / METADATA[0]} with the "
            f"columns {FILE_COLUMNS[0]} and {LABEL_COLUMNS[0]}"
        )
    for kind in _folders(folder):
        others: Counter[str] = Counter()
        empty = True
        for path in _pictures(kind, others):
            empty = False
            yield path, kind.name
        if empty:
            raise DataError(f"{kind}: holds no pictures{_others(others)}; add some, or remove the folder")
        left_out += others


def _by_metadata(
    folder: Path, metadata: Path, parts: Mapping[Path, str], left_out: Counter[str]
) -> Iterator[tuple[str, str, str]]:
    """Yield split, path and label of the pictures that a metadata file names, in its order."""
    named = read_labels(metadata)
    there = {within(folder, path): path for path in _pictures(folder, Counter())}
    splits = {path.name: split for path, split in parts.items()}
    missing = []
    for name, (row, label) in named.items():
        if name not in there:
            missing.append((name, row))
            continue
        yield splits.get(name.partition("/")[0], ""), there[name], label
    if missing:
        files = ", ".join(f"{name} (line {row})" for name, row in missing[:NAMED]) + ", ..." * (len(missing) > NAMED)
        raise DataError(
            f"{metadata}: {len(missing)} of its {len(named)} pictures are not in {folder}: {files}; add them, or "
            "remove the lines"
        )
    if extra := len(there) - len(named):
        left_out[f"without a line in {metadata.name}"] += extra


def within(folder: Path, path: str | Path) -> str:
    """Return the path of a file below a folder from there, as it is written in metadata."""
    return str(path)[len(str(folder / "x")) - 1 :].replace(os.sep, "/")  # relative_to takes ten times as long


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not _left_behind(path.name))


def _loose(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if _is_picture(path.name) and not path.is_dir()]


def _within(root: Path) -> str:
    """Return a hint if the class folders are inside a single folder, as in many archives."""
    folders = _folders(root)
    inner = _folders(folders[0]) if len(folders) == 1 else []
    return f", or set data.root={folders[0]}" if len(inner) > 1 else ""


def _pictures(folder: str | Path, left_out: Counter[str], around: tuple[tuple[int, int], ...] = ()) -> Iterator[str]:
    """Yield the files in a folder and its subfolders that are pictures by their names; follow links.

    Broken links are among them; reading one reports it.
    """
    try:
        status = Path(folder).stat()
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise DataError(f"{folder}: {error.strerror}; let it be read, or remove it") from error
    here = (status.st_dev, status.st_ino)
    if here in around:
        raise DataError(f"{folder}: is a link to a folder that contains it; remove the link")
    for entry in entries:
        if _left_behind(entry.name):
            continue
        if entry.is_dir():
            yield from _pictures(entry.path, left_out, (*around, here))
        elif _is_picture(entry.name):
            yield entry.path
        else:
            left_out[Path(entry.name).suffix.lower() or "without a suffix"] += 1


def _is_picture(name: str) -> bool:
    return name.lower().endswith(SUFFIXES) and not _left_behind(name)


def _left_behind(name: str) -> bool:
    """Return whether a name is one of those that systems leave behind, such as ._cat.png and Thumbs.db."""
    return name.startswith(".") or name.lower() in LEFT_BEHIND


def _others(left_out: Mapping[str, int]) -> str:
    return "; left out: " + ", ".join(f"{count:,} {kind}" for kind, count in left_out.items()) if left_out else ""


def _order(name: str) -> tuple[bool, int, str]:
    whole = name.isascii() and name.isdigit() and len(name) < 19
    return (not whole, int(name) if whole else 0, name)
