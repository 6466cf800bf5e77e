"""A text as a data set, character by character."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trainer.datasets.dataset import Dataset, Splits
from trainer.datasets.draw import Draw
from trainer.datasets.errors import DataError
from trainer.datasets.source import INPUT, TARGET, Field, Source
from trainer.datasets.splitting import Fold
from trainer.ground.options import check_range

LICENSOR = "Project Gutenberg"
MARKS = {b"\xff\xfe\0\0": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}  # with which a file begins
WINDOWS = "cp1252"
MANY = 0.01  # of a part's characters that are unknown
UNKNOWN = "�"  # represents every character that training has not seen; always the first of the vocabulary


class Text(Dataset):
    """The next character of a text, given those before it.

    Examples are all windows of `context` characters, as int64 places in the vocabulary, with the place of the character
    that follows. The text is cut, never shuffled: its end is the test, the part before that the validation, and no
    window reaches across a cut.

    Args:
        file: A text file.
        context: Characters that the network sees.
        test: The share of the text, at its end, to keep for the test.
        encoding: The encoding of the file.
        vocabulary: The characters that the network knows, in order, the first standing for all others; auto: those of
            the training part, sorted.
        num_classes: Their number; auto.
    """

    name = "text"
    problem = "trainer.problems.NextToken"

    def __init__(
        self,
        file: Path,
        context: int = 32,
        test: float = 0.1,
        encoding: str = "utf-8",
        vocabulary: str = "auto",
        num_classes: int | str = "auto",
    ) -> None:
        check_range("context", context, "[1, inf)")
        check_range("test", test, "[0, 1)")
        self.file, self.context, self.test, self.encoding = Path(file).expanduser(), context, test, encoding
        if vocabulary == "auto":
            raise ValueError("vocabulary: auto is resolved only in a run; give the characters in order")
        if len(set(vocabulary)) != len(vocabulary):
            raise ValueError("vocabulary: contains a character twice")
        if num_classes not in ("auto", len(vocabulary)):
            raise ValueError(f"num_classes: {num_classes} is not the length of the vocabulary, {len(vocabulary)}")
        self.vocabulary, self._remarks = vocabulary, list[str]()
        self.class_names = tuple(vocabulary)
        super().__init__({INPUT: Field((context,), "int64")}, len(vocabulary))

    @classmethod
    def completed(
        cls, options: Mapping[str, Any], validation: float | Fold = 0.0, rng: np.random.Generator | None = None
    ) -> dict[str, Any]:
        """See `Dataset.completed`; reads the training part of the text."""
        completed = dict(options)
        if completed.get("vocabulary", "auto") == "auto":
            text = _read(Path(options["file"]).expanduser(), options.get("encoding", "utf-8"))
            train, *_ = _parts(len(text), validation, options.get("test", 0.1))
            found = sorted(set(text[train]) - {UNKNOWN})
            if len(found) < 2:
                what = f"{found[0]!r}" if found else "one that is not known"
                raise DataError(f"{options['file']}: has one character only, {what}; give a text")
            completed["vocabulary"] = UNKNOWN + "".join(found)
        if completed.get("num_classes", "auto") == "auto":
            completed["num_classes"] = len(completed["vocabulary"])
        return completed

    def place(self) -> str:
        return str(self.file)

    def described(self) -> list[str]:
        lines = [f"{len(self.vocabulary)} characters, the first for all unknown ones: {self.vocabulary!r}"]
        text = _read(self.file, self.encoding)
        if text[_parts(len(text), 0.0, self.test)[2]].count(LICENSOR) > 2:
            lines.append(f"{self.file}: has {LICENSOR}'s licence at its end, where the test is; cut it off")
        return lines + self._remarks

    def read(self) -> Splits:
        """Return the three parts of the text, with a tenth for validation. Raises DataError."""
        return self.divided(0.1, np.random.default_rng(0))

    def divided(self, validation: float | Fold, rng: np.random.Generator) -> Splits:
        text = _read(self.file, self.encoding)
        parts, self._remarks = [], []
        for name, part in zip(("train", "validation", "test"), _parts(len(text), validation, self.test), strict=True):
            if name == "train" and part.stop <= self.context:
                raise DataError(
                    f"{self.file}: {part.stop} characters to train on are too few for a context of {self.context}; "
                    "give more text, or a smaller data.context"
                )
            places = self.encode(text[part])
            self._remarks += _unknown(name, text[part], places)
            parts.append(Windows(places, self.context))
        return Splits(*parts)

    def encode(self, text: str) -> np.ndarray:
        """Return the places (N,) int64 of characters in the vocabulary; 0 for one that is not in it."""
        return _encoded(text, self.vocabulary)

    def windows(self, texts: Sequence[str]) -> np.ndarray:
        """Return the places (N, context) int64 of the last characters of texts, by which the next one is predicted.

        A shorter text is filled up at its left with line breaks; with spaces, where training has seen no line break,
        and with unknown characters, where it has seen no space either.
        """
        filling = next((character for character in "\n " if character in self.vocabulary), UNKNOWN)
        ends = [text[-self.context :].rjust(self.context, filling) for text in texts]
        return self.encode("".join(ends)).reshape(len(ends), self.context)

    def decode(self, places: Sequence[int] | np.ndarray) -> str:
        """Return the characters at these places."""
        return "".join(self.vocabulary[place] for place in places)


class Windows(Source):
    """All windows of `context` numbers of a sequence (N,) int64, each with the number that follows."""

    def __init__(self, sequence: np.ndarray, context: int) -> None:
        self.sequence, self.context = sequence, context
        self.fields = {INPUT: Field((context,), "int64"), TARGET: Field((), "int64")}

    def __len__(self) -> int:
        return max(0, len(self.sequence) - self.context)

    def read(self, indices: np.ndarray, out: Mapping[str, np.ndarray], draw: Draw | None) -> None:
        if INPUT in out:
            np.take(self.sequence, indices[:, np.newaxis] + np.arange(self.context), out=out[INPUT], mode="clip")
        if TARGET in out:
            np.take(self.sequence, indices + self.context, out=out[TARGET], mode="clip")


def _read(file: Path, encoding: str) -> str:
    if not file.is_file():
        raise DataError(f"{file}: {'not a file' if file.exists() else 'no such file'}; set data.file")
    try:
        content = file.read_bytes()
        text = content.decode(encoding).removeprefix("\ufeff")
    except LookupError as error:
        raise DataError(f"{file}: no encoding is called {encoding!r}; set data.encoding") from error
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror or error})") from error
    except UnicodeError as error:
        raise DataError(f"{file}: {_undecodable(content, encoding, getattr(error, 'start', 0))}") from error
    if "\0" in text:
        raise DataError(f"{file}: {_undecodable(content, encoding, content.index(0))}")
    if not text:
        raise DataError(f"{file}: is empty; give a text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _undecodable(content: bytes, encoding: str, place: int) -> str:
    """Return why bytes are no text in an encoding, and the remedy."""
    for mark, other in MARKS.items():
        if content.startswith(mark):
            return f"begins with the mark of {other}; set data.encoding={other}"
    if 0 in content:
        return f"is not text: byte {content.index(0)} is 0; give a text file"
    line = content.count(b"\n", 0, place) + 1
    try:
        content.decode(WINDOWS)
    except UnicodeError:
        return f"line {line}: byte {place} is not {encoding}; set data.encoding"
    return f"line {line}: byte {place} is not {encoding}; set data.encoding, such as {WINDOWS} of older Windows texts"


def _parts(length: int, validation: float | Fold, test: float) -> tuple[slice, slice, slice]:
    """Return where the training, validation and test parts of a text lie, one after another. Raises DataError."""
    if isinstance(validation, Fold):
        raise DataError("cross_validation: a text is read in order, so it has no folds; leave it out")
    end = length - round(test * length)
    held = round(validation * end) if isinstance(validation, float) else validation
    return slice(0, end - held), slice(end - held, end), slice(end, length)


def _unknown(name: str, text: str, places: np.ndarray) -> list[str]:
    """Return a line if many characters of a part are unknown: its perplexity then says little about the network."""
    found = np.flatnonzero(places == 0)
    if name == "train" or len(found) < MANY * max(1, len(places)):
        return []
    first = ", ".join(list(dict.fromkeys(repr(text[place]) for place in found[:1000].tolist()))[:3])
    share = f"{len(found) / len(places):.0%} of the {name}'s characters"
    return [f"{share} are unknown, such as {first}: the training part does not have them"]


def _encoded(text: str, vocabulary: str) -> np.ndarray:
    places = np.zeros(sys.maxunicode + 1, np.int64)
    places[_codes(vocabulary)] = np.arange(len(vocabulary))
    return places[_codes(text)]


def _codes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
