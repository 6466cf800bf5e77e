"""The page of a sweep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from statistics import mean

from trainer.pages.report.document import document
from trainer.pages.report.section import Section, copied, number, paragraph, text
from trainer.pages.report.sweep.curves import curves
from trainer.pages.report.sweep.effects import effects, importance
from trainer.pages.report.sweep.facts import SweepFacts, spread
from trainer.pages.report.sweep.history import history
from trainer.pages.report.sweep.parallel import parallel
from trainer.pages.report.sweep.settings import runs, settings

CHARTS: tuple[Callable[[SweepFacts], Section | None], ...] = (history, parallel, curves, effects, importance)


def html(facts: SweepFacts, live: bool = False) -> str:
    """Return the page; `live`: it comes from a server, which it asks for news."""
    shown = (settings, *CHARTS, runs) if facts.repeats else (runs, *CHARTS)
    sections = [section for make in shown if (section := make(facts)) is not None]
    return document(f"Sweep {facts.name}", _head(facts), sections, {"live": live, "seconds": 0})


def _head(facts: SweepFacts) -> str:
    counts = Counter(run.status for run in facts.runs)
    left = sum(count for name, count in counts.items() if name not in ("completed", "pruned", "failed"))
    status = "running" if facts.is_running else "failed" if counts["failed"] else "stopped" if left else "completed"
    ended = f"{counts['failed']} failed" if status == "failed" else status
    statuses = ", ".join(f"{count} {name}" for name, count in counts.items())
    by = f"{len(facts.settings)} settings of {', '.join(facts.keys)}" if facts.keys else "one setting"
    cards = ""
    if facts.settings and (goals := facts.settings[0].goals):
        deviation = spread(goals)
        beside = facts.repeated(len(goals)) if facts.repeats else facts.settings[0].name
        beside = f"± {number(deviation)} over {beside}" if deviation is not None else beside
        what = ("Best setting" if facts.repeats else "Best run") if facts.keys else "Mean"
        cards = (
            f'<div class="cards"><div class="card"><div class="label">{what}, {text(facts.goal)}</div>'
            f'<div class="big">{number(mean(goals))}</div><div class="faint">{text(beside)}</div></div></div>'
        )
    return (
        f'<header><p class="over">Report of a sweep <span class="pill {status}">{ended}</span></p>'
        f"<h1>{text(facts.name)}</h1>{paragraph(f'{len(facts.runs)} runs: {statuses} · {by}', 'faint')}{cards}"
        f"{paragraph(facts.best) if facts.best else ''}{copied(facts.command) if facts.command else ''}</header>"
    )
