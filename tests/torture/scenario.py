"""What is tortured: commands, and what they leave when nothing happens to them."""

import csv
from dataclasses import dataclass
from pathlib import Path

from tests.helpers.training import assert_same_run
from tests.torture.process import Ended, finish
from trainer.ground.overrides import quoted
from trainer.runs.folder import LAST, RECORD, TABLE

CHANGING = ("seconds", "path")  # columns of a sweep's table that differ from one time to the next


@dataclass
class Scenario:
    """One command.

    arguments: without the directory it writes to; files are named from the current folder.
    trust: what has to be given again with what it has begun: the user's own code.
    runs: whether it makes runs, in its own directory; else it only reads.
    files: what it writes beside, in the current folder.
    steady: whether it prints the same at all times.
    """

    name: str
    arguments: tuple[str, ...]
    trust: tuple[str, ...] = ()
    runs: bool = True
    files: tuple[str, ...] = ()
    steady: bool = True
    whole: Path = Path()
    seconds: float = 0.0
    bytes: int = 0
    output: str = ""
    code: int = 0

    @property
    def is_sweep(self) -> bool:
        return self.arguments[0] == "sweep"

    def command(self, directory: Path) -> tuple[str, ...]:
        """All its arguments, to work in a directory."""
        if not self.runs:
            return self.arguments
        place = "hydra.sweep.dir" if self.is_sweep else "hydra.run.dir"
        return (*self.arguments, *self.trust, f"{place}={quoted(str(directory))}")

    def roads(self, directory: Path) -> dict[str, tuple[str, ...]]:
        """Return the commands that complete what has begun in a directory, by what they are called."""
        again = {"the same command": self.command(directory)}
        if not self.runs or not (directory / (RECORD if self.is_sweep else LAST)).is_file():
            return again
        roads = {
            "trainer resume DIR": ("resume", str(directory), *self.trust),
            "resume=DIR": (f"resume={quoted(str(directory))}", *self.trust),
        }
        return roads | again if self.is_sweep else roads

    def prepare(self, place: Path) -> None:
        """Do it undisturbed: what all trials are compared with."""
        cwd = place / "whole" / self.name
        cwd.mkdir(parents=True)
        self.whole = cwd / "run"
        ended = finish(self.command(self.whole), cwd)
        if ended.code and self.name != "doctor":  # which may find something here
            raise RuntimeError(f"{self.name} fails by itself: {ended.errors}")
        self.seconds, self.output, self.code = ended.seconds, ended.output, ended.code
        self.bytes = sum(path.stat().st_blocks * 512 for path in self.whole.rglob("*"))

    def compare(self, directory: Path, ended: Ended) -> None:
        """Raises AssertionError unless everything is as if nothing had happened."""
        assert ended.code == self.code, f"exit code {ended.code} at the end: {ended.errors}"
        if self.runs:
            found, expected = _runs(directory), _runs(self.whole)
            assert found == expected, f"the runs {found}, not {expected}"
            for run in expected:
                assert_same_run(self.whole / run, directory / run)
        if self.is_sweep:
            assert _table(directory) == _table(self.whole), "another summary"
        if not self.runs and self.steady and ended.output is not None:
            assert ended.output == self.output, f"another output: {ended.output}"
        for name in self.files:
            same = (directory.parent / name).read_bytes() == (self.whole.parent / name).read_bytes()
            assert same, f"another {name}"


def _runs(directory: Path) -> list[str]:
    return sorted(str(path.parent.parent.relative_to(directory)) for path in directory.rglob("last.safetensors"))


def _table(directory: Path) -> list[dict[str, str]]:
    with (directory / TABLE).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [{name: value for name, value in row.items() if name not in CHANGING} for row in rows]
