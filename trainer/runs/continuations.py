"""What a network wrote after its epochs: the lines of continuations.jsonl."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from trainer.runs.records import MOST_EPOCHS, read_text

MOST_BYTES = 1 << 24
LONGEST = 10_000  # characters of a text that are read


@dataclass(frozen=True)
class Continuation:
    """A text that a network wrote.

    Attributes:
        epoch: After which; 0: before the training.
        prompt: What it continued.
        text: What it wrote.
    """

    epoch: int
    prompt: str
    text: str


def read(path: Path) -> list[Continuation]:
    """Return what a file holds, without lines that are something else. Raises as `read_text` does."""
    return [found for line in read_text(path, MOST_BYTES).splitlines() if (found := _parsed(line)) is not None]


def epoch_of(line: str) -> int | None:
    """Return the epoch of a line; None if it is damaged, as the last one of a run that was killed may be."""
    found = _parsed(line) if line.endswith("\n") else None
    return found.epoch if found else None


def _parsed(line: str) -> Continuation | None:
    try:
        found = json.loads(line)
        epoch, prompt, text = found["epoch"], found["prompt"], found["text"]
    except (ValueError, RecursionError, TypeError, KeyError):
        return None
    fits = type(epoch) is int and 0 <= epoch <= MOST_EPOCHS and isinstance(prompt, str) and isinstance(text, str)
    return Continuation(epoch, prompt[:LONGEST], text[:LONGEST]) if fits else None
