"""Summary and report.html of a sweep, made from its directories alone."""

from __future__ import annotations

import shlex
from math import isfinite
from pathlib import Path
from typing import Any
from urllib.parse import quote

from trainer.compose import errors
from trainer.ground import console
from trainer.pages.page import write as write_page
from trainer.pages.report.sweep.document import html as page
from trainer.pages.report.sweep.facts import Run, Setting, SweepFacts
from trainer.runs.folder import PAGE, REPORT
from trainer.runs.locked import is_locked
from trainer.sweep.jobs import Job, pruned
from trainer.sweep.settings import REPEATS
from trainer.sweep.summary import Summary
from trainer.training import objective


def summarise(directory: Path, ended: bool = False) -> bool:
    """Write tables, pictures and page of a sweep and say how it went; return whether all could be written.

    Args:
        directory: The directory of the sweep.
        ended: It has, although its directory is still locked.

    Raises:
        RecordError: Its record is damaged.
    """
    remedy = f"write it with trainer sweep {shlex.quote(str(directory))}"
    summary = Summary(directory)
    try:
        summary.write()
    except OSError as error:
        console.tell(f"error: {errors.explain(error)}; the jobs are kept, but their summary is missing; {remedy}")
        return False
    written = True
    try:
        write_page(directory / PAGE, html(directory, ended=ended))
    except OSError as error:
        console.tell(f"error: {errors.explain(error)}; {REPORT} is there, but the page is missing; {remedy}")
        written = False
    if not console.is_quiet():
        try:
            console.say(summary.ending())
        except OSError as error:
            console.tell(f"error: {errors.explain(error)}; all is in {directory / REPORT}")
            written = False
    return written


def html(directory: Path, live: bool = False, ended: bool = False) -> str:
    """Return the page of a sweep; `ended` as in `summarise`. Raises RecordError where its record is damaged."""
    return page(read(directory, ended), live)


def read(directory: Path, ended: bool = False) -> SweepFacts:
    """Return what the page shows."""
    summary = Summary(directory)
    short, goal = summary.short, summary.objective
    figures = [f"test_{name}" for name in summary.metrics] + [f"best_val_{name}" for name in summary.metrics]
    settings = [
        Setting(
            setting.name(short),
            {short[key]: value for key, value in setting.values.items()},
            [_run(job, summary) for job in setting.jobs],
        )
        for setting in summary.settings
    ]
    known = [
        name
        for name in [*figures, "seconds"]
        if name != goal and any(run.figures.get(name) is not None for each in settings for run in each.runs)
    ]
    best, found = summary.best, summary.best_setting
    words = f"The best setting: {summary.in_words(found)}. " if found and found.values else ""
    words += f"The best run, {best.name}, alone:" if best else ""
    return SweepFacts(
        directory.name,
        goal,
        objective.maximised(goal),
        [name for key, name in short.items() if key not in REPEATS],
        settings,
        words,
        summary.reproduce(best) if best else "",
        known,
        not ended and is_locked(directory),
        summary.searched,
        summary.importances(),
    )


def _run(job: Job, summary: Summary) -> Run:
    result: dict[str, Any] = job.result or {}
    value = objective.value(job.result, summary.objective)
    figures: dict[str, float | None] = {"seconds": result.get("seconds")}
    figures |= {f"test_{name}": figure for name, figure in (result.get("test") or {}).items()}
    figures |= {f"best_{name}": figure for name, figure in (result.get("best") or {}).items()}
    values = {summary.short[key]: text for key, text in job.values.items()}
    own = f"{quote(job.name)}/{PAGE}" if (job.directory / PAGE).is_file() else ""
    reason = result.get("error") or result.get("reason") or ""
    status, goal = "pruned" if pruned(job) else job.status, value if isfinite(value) else None
    return Run(job.name, status, values, goal, figures, reason, own, job.metrics)
