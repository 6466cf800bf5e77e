"""The contents of a sweep's directory, for its sections; `trainer.sweep.report` reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import sqrt
from statistics import mean, stdev

from trainer.pages.report.section import count
from trainer.views.limits import far_off

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8250df")
"""Most are of the palette of Okabe and Ito, which colour-blind people can tell apart."""

# The 0.975 quantiles of Student's t for 1 to 20 degrees of freedom; beyond them 2 is near enough.
T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
     2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """A job of a sweep.

    Attributes:
        name: The name of its directory.
        status: How it ended: completed, pruned, stopped, failed; or interrupted, waiting.
        values: What was swept, by short name, with seed and fold.
        goal: Its objective; None: it has none.
        figures: Further ones by name, such as test_accuracy and seconds.
        reason: Why it ended early; "" if it did not.
        page: Where its own report is, relative to the sweep's; "" if it has none.
        rows: The rows of metrics.csv.
    """

    name: str
    status: str
    values: Mapping[str, str]
    goal: float | None
    figures: Mapping[str, float | None]
    reason: str
    page: str
    rows: Sequence[Mapping[str, float]]

    @property
    def number(self) -> int:
        """Its place in the sweep, with which the name of its directory begins."""
        return int(self.name.partition("_")[0])

    @property
    def ended(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.status in ("completed", "pruned", "stopped", "failed")

    @property
    def done(self) -> bool:
        """Whether it has ended as it should."""
        return self.status in ("completed", "pruned")


@dataclass(frozen=True)
class Setting:
    """Runs that differ in seed and fold only, the best first."""

    name: str
    values: Mapping[str, str]
    runs: Sequence[Run]

    @property
    def goals(self) -> list[float]:
        """The objectives of those that have one."""
        return [run.goal for run in self.runs if run.goal is not None]

    @property
    def failed(self) -> list[Run]:
        """Those that failed."""
        return [run for run in self.runs if run.status == "failed"]


@dataclass(frozen=True)
class SweepFacts:
    """A sweep at any time.

    Attributes:
        name: The name of its directory.
        goal: The objective, such as best_val_accuracy.
        maximised: Whether more of it is better.
        keys: Short names of what was swept, without seed and fold.
        settings: The best first.
        best: The best setting in words; "" where there is none.
        command: What does the best run again; "" where there is none.
        figures: Names of the figures that runs have, in the order of the table.
        is_running: Whether more is to come.
        searched: Whether a search chose the settings.
        importances: How much each key of a search mattered, by PED-ANOVA; empty where that cannot be said.
    """

    name: str
    goal: str
    maximised: bool
    keys: Sequence[str]
    settings: Sequence[Setting]
    best: str
    command: str
    figures: Sequence[str]
    is_running: bool
    searched: bool = False
    importances: Mapping[str, float] = field(default_factory=dict)

    @property
    def runs(self) -> list[Run]:
        """All runs."""
        return [run for setting in self.settings for run in setting.runs]

    @cached_property
    def near(self) -> list[Run]:
        """The runs with an objective, except those so far off the others that they would ruin an axis."""
        known = [(run, run.goal) for run in self.runs if run.goal is not None]
        far = far_off([goal for _, goal in known], self.maximised)
        return [run for place, (run, _) in enumerate(known) if place not in far]

    @property
    def far(self) -> int:
        """How many runs with an objective are not near."""
        return sum(run.goal is not None for run in self.runs) - len(self.near)

    @property
    def repeats(self) -> list[str]:
        """In which of seed and fold the runs differ."""
        return [key for key in (self.runs[0].values if self.runs else ()) if key not in self.keys]

    @property
    def unit(self) -> str:
        """What a setting has several of: seed, fold, or run if both differ."""
        return self.repeats[0] if len(self.repeats) == 1 else "run"

    def repeated(self, number: int) -> str:
        """Return over how many a mean is: "3 seeds"."""
        return count(number, self.unit)


def spread(values: Sequence[float]) -> float | None:
    """Return the deviation of a sample; None for fewer than two."""
    return stdev(values) if len(values) > 1 else None


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % confidence interval of a mean, by Student's t; the mean itself for a single value."""
    middle, deviation = mean(values), spread(values)
    if deviation is None:
        return middle, middle
    t = T[len(values) - 2] if len(values) - 1 <= len(T) else 2.0
    half = t * deviation / sqrt(len(values))
    return middle - half, middle + half


def as_number(text: str) -> float | None:
    """Return a value as a number if it is a finite one."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None
