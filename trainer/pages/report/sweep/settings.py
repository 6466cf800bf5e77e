"""The settings of a sweep and its runs, as tables."""

from __future__ import annotations

from statistics import mean

from trainer.pages.report.section import Html, Section, clip, number, table, text
from trainer.pages.report.sweep.facts import Run, Setting, SweepFacts, spread

LONGEST = 100
HOW = "<code>trainer report DIRECTORY/*/</code> writes reports of the runs; then their names here lead to them."
TABLE = "sortable filterable small"


def settings(facts: SweepFacts) -> Section | None:
    """Return a row for each setting: its values, and mean ± deviation of each figure; None where nothing was swept."""
    if not facts.keys or len(facts.settings) == len(facts.runs) == 1:
        return None
    header = [*facts.keys, "runs", facts.goal, *facts.figures]
    rows = [_row(facts, setting) for setting in facts.settings]
    told = "The mean over the runs of a setting ± the standard deviation; the best first. A click on a heading sorts."
    shown = table(header, rows, range(len(facts.keys), len(header)), TABLE)
    body = f'<p class="faint">{told}</p>{shown}'
    return Section("settings", "Settings", body)


def _row(facts: SweepFacts, setting: Setting) -> list[object]:
    done = [run for run in setting.runs if run.status == "completed"]
    runs = f"{len(done)}" + (f" of {len(setting.runs)}" if len(done) < len(setting.runs) else "")
    figures = [[run.figures.get(name) for run in done] for name in facts.figures]
    known = [[value for value in values if value is not None] for values in figures]
    values = [clip(setting.values.get(key, ""), 40) for key in facts.keys]
    return [*values, runs, _mean(setting.goals), *map(_mean, known)]


def _mean(values: list[float]) -> str:
    """Return "0.9134 ± 0.0021"."""
    deviation = spread(values)
    return (number(mean(values)) + (f" ± {number(deviation)}" if deviation is not None else "")) if values else ""


def runs(facts: SweepFacts) -> Section:
    """Return a row for each run, with the way to its report."""
    header = ["run", "status", *facts.keys, *facts.repeats, facts.goal, *facts.figures, "reason"]
    rows = [
        [
            _name(run),
            Html(f'<span class="status {text(run.status)}">{text(run.status)}</span>'),
            *(clip(run.values.get(key, ""), 40) for key in (*facts.keys, *facts.repeats)),
            number(run.goal),
            *(number(run.figures.get(name)) for name in facts.figures),
            clip(run.reason, LONGEST),
        ]
        for run in facts.runs
    ]
    numbers = range(2 + len(facts.keys) + len(facts.repeats), len(header) - 1)
    told = "A name leads to the report of the run." if any(run.page for run in facts.runs) else HOW
    body = f'<p class="faint">{told}</p>{table(header, rows, numbers, TABLE)}'
    return Section("runs", "Runs", body)


def _name(run: Run) -> object:
    return Html(f'<a href="{text(run.page)}">{text(clip(run.name, 60))}</a>') if run.page else clip(run.name, 60)
