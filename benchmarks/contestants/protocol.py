"""The protocol of contestants: a command on each line of the input, a JSON object on each line of the output.

This module imports only what every contestant needs, because start-up time and memory of the process are measured.
"""

import json
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any


class Contestant(ABC):
    """One library with one network."""

    @abstractmethod
    def __init__(self, folder: Path, job: dict[str, Any], flags: tuple[str, ...]) -> None:
        """Make everything that a step needs; `job` is the content of `folder`/job.json, `flags` select faster modes."""

    @abstractmethod
    def run(self, steps: int) -> None:
        """Do steps, each on the next batch."""

    def check(self) -> float:
        """Return the largest relative error of a gradient, each against the reference's norm, on the first batch."""
        raise NotImplementedError

    def epoch(self) -> None:
        """Train on all examples once, in the order and with the learning rates of the job."""
        raise NotImplementedError

    def accuracy(self) -> float:
        """Return the accuracy on the test examples."""
        raise NotImplementedError

    def close(self) -> None:
        """Release everything, processes included."""


def serve(kind: type[Contestant]) -> None:
    """Make the contestant for the folder on the command line, do a first step, then answer commands.

    The first step is left out if the job is whole epochs. `run N` answers the seconds per step, `epoch` its seconds,
    `check` and `accuracy` their value. The end of the input ends the process.
    """
    folder, *flags = sys.argv[1:]
    job = json.loads((Path(folder) / "job.json").read_text())
    contestant = kind(Path(folder), job, tuple(flags))
    if not job.get("epochs"):
        contestant.run(1)
    _answer(ready=True)
    for line in sys.stdin:
        command, *arguments = line.split()
        began = time.perf_counter()
        value = getattr(contestant, command)(*map(int, arguments))
        seconds = time.perf_counter() - began
        _answer(seconds=seconds / int(arguments[0]) if arguments else seconds, value=value)
    contestant.close()


def relative_error(found: Any, reference: Any) -> float:
    """Return ‖found − reference‖ / ‖reference‖ of two arrays."""
    difference, size = (found - reference).ravel(), reference.ravel()
    return float((difference @ difference) ** 0.5 / (size @ size) ** 0.5)


def _answer(**values: Any) -> None:
    print(json.dumps(values), flush=True)
