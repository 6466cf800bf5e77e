"""report.html of a sweep, made from its directories alone."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import Any
from urllib.parse import quote

from trainer.pages.page import write as write_page
from trainer.pages.report.sweep.document import html as page
from trainer.pages.report.sweep.facts import Run, Setting, SweepFacts
from trainer.runs.folder import PAGE
from trainer.runs.locked import is_locked
from trainer.sweep.jobs import Job
from trainer.sweep.settings import REPEATS
from trainer.sweep.summary import Summary
from trainer.training import objective


def write(directory: Path) -> None:
    """Write report.html into a sweep's directory. Raises OSError."""
    write_page(directory / PAGE, html(directory))


def html(directory: Path, live: bool = False) -> str:
    """Return the page of a sweep. Raises RecordError where its record is damaged."""
    return page(read(directory), live)


def read(directory: Path) -> SweepFacts:
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
    words = f"The best {'setting' if found.values else 'mean'}: {summary.in_words(found)}. " if found else ""
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
        is_locked(directory),
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
    return Run(job.name, job.status, values, value if isfinite(value) else None, figures, reason, own, job.metrics)
