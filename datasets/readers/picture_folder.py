"""Folders of labelled pictures, in the usual layouts."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from trainer.datasets.errors import DataError
from trainer.datasets.readers.picture import SUFFIXES

TRAIN, VALIDATION, TEST = SPLITS = ("train", "validation", "test")
SPLIT_NAMES = {
    "train": TRAIN, "training": TRAIN, "val": VALIDATION, "valid": VALIDATION, "validation": VALIDATION, "test": TEST,
}  # fmt: skip
METADATA = ("metadata.csv", "metadata.jsonl", "labels.csv")
FILE_COLUMNS, LABEL_COLUMNS = ("file_name", "file", "filename", "image", "path"), ("label", "class", "target", "y")


@dataclass(frozen=True)
class Listing:
    """The pictures of a folder.

    Attributes:
        paths: Of the pictures, sorted within each split.
        labels: int64 (N,), indices into `classes`.
        classes: Names, sorted; whole numbers by value.
        splits: For each picture the split that its folder names; "" if folders name none.
        left_out: How many files have a suffix that is not a picture's, by suffix.
    """

    paths: tuple[Path, ...]
    labels: np.ndarray
    classes: tuple[str, ...]
    splits: tuple[str, ...]
    left_out: Mapping[str, int]

    def without(self, name: str) -> Listing:
        """Return the pictures of all other classes, which have no place for this one. Raises DataError."""
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
        )


def list_pictures(root: Path) -> Listing:
    """List the pictures below `root`, with their classes.

    The first of these layouts that fits is used:

    - ``root/train/…``, ``root/val/…`` (or ``valid``, ``validation``) and ``root/test/…``, each in one of these layouts:
    - ``metadata.csv``, ``metadata.jsonl`` or ``labels.csv`` beside the pictures, with the columns file_name and label;
    - ``CLASS/…``: a folder for each class, which may contain folders.

    Raises:
        DataError: No such folder, no pictures, only one class, a picture in the metadata that does not exist, a class
            without training pictures, or one picture in several classes.
    """
    if not root.is_dir():
        raise DataError(f"{root}: {'not a folder' if root.exists() else 'no such folder'}; set data.root")
    left_out: dict[str, int] = {}
    parts = {path: SPLIT_NAMES[path.name.lower()] for path in _folders(root) if path.name.lower() in SPLIT_NAMES}
    if TRAIN not in parts.values():
        parts = {root: ""}
    found = [
        (split, path, label) for folder, split in parts.items() for path, label in _labelled(folder, root, left_out)
    ]
    if not found:
        raise DataError(f"{root}: holds no pictures ({', '.join(SUFFIXES)}){_others(left_out)}")
    found.sort(key=lambda each: (SPLITS.index(each[0]) if each[0] else 0, str(each[1])))
    names = [label for split, _, label in found if split in ("", TRAIN)]
    classes = sorted(set(names), key=_order)
    for _, path, label in found:
        if label not in classes:
            raise DataError(f"{path}: no picture to train on is of class '{label}'; add some, or remove this class")
    if len(classes) < 2:
        raise DataError(f"{root}: all pictures are of class '{classes[0]}'; make a folder for each class")
    places = {name: place for place, name in enumerate(classes)}
    return Listing(
        tuple(path for _, path, _ in found),
        np.array([places[label] for *_, label in found], np.int64),
        tuple(classes),
        tuple(split for split, *_ in found),
        left_out,
    )


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures in a folder and its subfolders, by suffix, sorted. Raises DataError if there are none."""
    left_out: dict[str, int] = {}
    found = sorted(_pictures(folder, left_out))
    if not found:
        raise DataError(f"{folder}: holds no pictures ({', '.join(SUFFIXES)}){_others(left_out)}")
    return found


def _labelled(folder: Path, root: Path, left_out: dict[str, int]) -> Iterator[tuple[Path, str]]:
    """Yield the pictures of one split with the names of their classes."""
    for name in METADATA:
        if (folder / name).is_file():
            yield from _from_metadata(folder / name)
            return
    loose = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and not _hidden(path)]
    if loose:
        raise DataError(
            f"{min(loose)}: lies in no class's folder; move it into one, or give {folder}/{METADATA[0]} with the "
            f"columns {FILE_COLUMNS[0]} and {LABEL_COLUMNS[0]}"
        )
    for kind in _folders(folder):
        empty = True
        for path in _pictures(kind, left_out):
            empty = False
            yield path, kind.name
        if empty:
            raise DataError(f"{kind}: holds no pictures{_others(left_out)}; add some, or remove the folder")


def _from_metadata(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the pictures that a metadata file names, in its order."""
    seen: dict[str, int] = {}
    for row, fields in _rows(path):
        name, label = (_field(path, row, fields, columns) for columns in (FILE_COLUMNS, LABEL_COLUMNS))
        picture = path.parent / name
        if not picture.resolve().is_relative_to(path.parent.resolve()):
            raise DataError(f"{path}:{row}: {name} is not in this folder; give a path within it")
        if not picture.is_file():
            raise DataError(f"{path}:{row}: {name} is not there; add the picture, or remove the line")
        if name in seen:
            raise DataError(f"{path}:{row}: {name} is named in line {seen[name]} already; remove one")
        seen[name] = row
        yield picture, label


def _rows(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield the lines of a CSV or JSON Lines file as dictionaries, each with its number."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8; save it as UTF-8") from error
    if path.suffix == ".csv":
        reader = csv.DictReader(text.splitlines())
        for row in reader:
            yield reader.line_num, row
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise DataError(f"{path}:{number}: is no JSON; repair the line") from error
            if not isinstance(row, dict):
                raise DataError(f"{path}:{number}: is no JSON object; give one with file_name and label")
            yield number, row


def _field(path: Path, row: int, fields: Mapping[str, object], columns: tuple[str, ...]) -> str:
    value = next((fields[name] for name in columns if fields.get(name) not in (None, "")), None)
    if value is None or isinstance(value, list | dict):
        raise DataError(f"{path}:{row}: has no {columns[0]}; every line needs {FILE_COLUMNS[0]} and {LABEL_COLUMNS[0]}")
    return str(value)


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not _hidden(path))


def _pictures(folder: Path, left_out: dict[str, int]) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        if path.suffix.lower() in SUFFIXES:
            yield path
        else:
            left_out[path.suffix.lower()] = left_out.get(path.suffix.lower(), 0) + 1


def _hidden(path: Path) -> bool:
    """Return whether a path is one of those that operating systems leave behind, such as ._cat.png and .DS_Store."""
    return path.name.startswith(".")


def _others(left_out: Mapping[str, int]) -> str:
    if not left_out:
        return ""
    return "; left out: " + ", ".join(f"{count} {suffix or 'without a suffix'}" for suffix, count in left_out.items())


def _order(name: str) -> tuple[bool, int, str]:
    whole = name.isascii() and name.isdigit() and len(name) < 19
    return (not whole, int(name) if whole else 0, name)
