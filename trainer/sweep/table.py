"""The jobs of a sweep in progress, as a table that fits a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite

from trainer.compose.console import Line
from trainer.ground.text import clip, duration, printable
from trainer.problems import metric_of, shown
from trainer.runs.records import RecordError
from trainer.sweep.jobs import Job, pruned, short_names
from trainer.sweep.settings import REPEATS
from trainer.training import objective

RECENT = 5  # epochs whose mean time is the estimate for the others
LEAST = 4  # characters to which a setting may be cut
WIDEST = 24  # characters of a setting
GAP = "  "
HEADS = ("status   ", "epoch", "   time", "   left")  # as wide as what is below them, so that no column moves
MARK, NO_MARK = " *", "  "  # beside the best
STATUSES = ("completed", "pruned", "stopped", "failed", "interrupted", "running", "waiting")
LOOKS = {"failed": "error", "pruned": "warning", "stopped": "warning", "interrupted": "warning"}


@dataclass(frozen=True)
class State:
    """How far a job is.

    Attributes:
        number: The number of the job.
        values: What differs between the jobs, by key.
        status: One of `STATUSES`.
        epochs: How many are finished.
        planned: How many there will be; None: not known yet.
        figure: The objective's metric: the best so far, or the last. None: none yet.
        seconds: How long the finished epochs took, or the whole run.
        left: Seconds that the others will take; None: not known.
    """

    number: int
    values: Mapping[str, str]
    status: str = "waiting"
    epochs: int = 0
    planned: int | None = None
    figure: float | None = None
    seconds: float | None = None
    left: float | None = None

    @property
    def share(self) -> float:
        """How much of the job is done, from 0 to 1."""
        if self.status not in ("running", "waiting"):
            return 1.0
        return min(1.0, self.epochs / self.planned) if self.planned and self.status == "running" else 0.0


def ended(job: Job, goal: str) -> State | None:
    """Return the state of a job that has a result; None of one that has none."""
    result = job.result
    if result is None:
        return None
    value = objective.value(result, goal)
    status = "pruned" if pruned(job) else result["status"]
    figure = value if isfinite(value) else None
    numbers = (result.get("epochs") or 0, result.get("planned_epochs"), figure, result.get("seconds"))
    return State(job.number, job.values, status, *numbers)


def begun(job: Job, goal: str, planned: int, interrupted: bool = False) -> State:
    """Return the state of a job that has begun and has no result; it is to train `planned` epochs."""
    rows = job.metrics
    column, better = objective.metric(goal), max if objective.maximised(goal) else min
    figures = [row[column] for row in rows if isfinite(row.get(column, float("nan")))]
    figure = (better(figures) if goal.startswith("best") else figures[-1]) if figures else None
    times = [row.get("seconds", 0.0) for row in rows]
    recent = times[-RECENT:]
    left = max(0, planned - len(rows)) * sum(recent) / len(recent) if recent else None
    status, seconds = "interrupted" if interrupted else "running", sum(times) if rows else None
    return State(job.number, job.values, status, len(rows), planned, figure, seconds, None if interrupted else left)


def planned_epochs(job: Job, default: int) -> int:
    """Return how many epochs a job that has begun is to train; its own configuration may differ from the default."""
    with suppress(FileNotFoundError, RecordError):
        found = job.config.get("epochs")
        return found if isinstance(found, int) else default
    return default


def table(states: Sequence[State], goal: str, columns: int, lines: int) -> list[Line]:
    """Return the lines of the table, with a heading.

    Args:
        states: The states of all jobs that are known, in their order.
        goal: The objective.
        columns: The width that a line must fit into.
        lines: The height of the whole table. If there are more jobs, those that run are shown, then those that ended
            last.
    """
    best = _best(states, goal)
    chosen = _chosen(states, best, max(1, lines - 1 if len(states) < lines else lines - 2))
    short = short_names([*(states[0].values if states else ())])
    right = [[*HEADS[:2], _label(goal) + NO_MARK, *HEADS[2:]]]
    right += [_cells(each, MARK if each is best else NO_MARK) for each in chosen]
    left = [["job", *short.values()], *([str(each.number), *each.values.values()] for each in chosen)]
    left = [[clip(printable(cell), WIDEST) for cell in row] for row in left]
    least = sum(min(LEAST, width) + len(GAP) for width in _widths(left))
    for place in (3, 1, 4, 2):  # what to do without on a narrow terminal, the least important first
        if least + sum(width + len(GAP) for width in _widths(right) if width) > columns:
            for row in right:
                row[place] = ""
    room = columns - sum(width + len(GAP) for width in _widths(right) if width)
    settings = _aligned(left, _squeezed(_widths(left), room), str.ljust)
    figures = _aligned(right, _widths(right), str.rjust)
    texts = [f"{one}{GAP}{other}".rstrip()[:columns] for one, other in zip(settings, figures, strict=True)]
    looks = ["heading", *("best" if each is best else LOOKS.get(each.status, "") for each in chosen)]
    shown = [*zip(texts, looks, strict=True)]
    if hidden := [each for each in states if each not in chosen]:
        shown.append((f"{len(hidden)} more: {in_words(each.status for each in hidden)}"[:columns], ""))
    return shown


def in_words(statuses: Iterable[str]) -> str:
    """Return how many jobs are in which status: "3 completed, 1 failed"."""
    counts = Counter(statuses)
    return ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])


def _chosen(states: Sequence[State], best: State | None, most: int) -> list[State]:
    """Return the most important of the jobs, in their order."""
    if len(states) <= most:
        return list(states)

    def rank(state: State) -> tuple[int, int]:
        late = state.number if state.status == "waiting" else -state.number
        return (0 if state.status == "running" or state is best else 2 if state.status == "waiting" else 1), late

    return sorted(sorted(states, key=rank)[:most], key=lambda state: state.number)


def _best(states: Sequence[State], goal: str) -> State | None:
    """Return the job with the best objective; None if seeds or folds differ, since it would be the luckiest."""
    known = [each for each in states if each.status in ("completed", "pruned") and each.figure is not None]
    if len(known) < 2 or {*REPEATS} & known[0].values.keys():
        return None
    return (max if objective.maximised(goal) else min)(known, key=lambda each: each.figure or 0.0)


def _cells(state: State, mark: str) -> list[str]:
    epoch = f"{state.epochs}/{state.planned}" if state.planned and state.status != "waiting" else ""
    figure = "" if state.figure is None else shown(state.figure) + mark
    times = ("" if seconds is None else duration(seconds) for seconds in (state.seconds, state.left))
    return [f"{state.status:<{len(HEADS[0])}}", epoch, figure, *times]


def _label(goal: str) -> str:
    metric = metric_of(objective.metric(goal))
    return f"val {metric.label if metric else goal}"


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def _squeezed(widths: Sequence[int], room: int) -> list[int]:
    """Return the widths of columns after the widest ones have given way, so that all fit if they can."""
    widths = list(widths)
    while sum(widths) + len(GAP) * len(widths) > room and max(widths) > LEAST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _aligned(rows: Sequence[Sequence[str]], widths: Sequence[int], align: Callable[[str, int], str]) -> list[str]:
    return [
        GAP.join(align(clip(cell, width), width) for cell, width in zip(row, widths, strict=True) if width)
        for row in rows
    ]
