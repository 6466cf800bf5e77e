"""The settings of a sweep and its runs, as tables."""

from __future__ import annotations

from statistics import mean

from trainer.pages.report.section import Html, Section, clip, count, number, table, text
from trainer.pages.report.sweep.facts import Run, Setting, SweepFacts, spread

LONGEST, MOST_REASONS = 300, 12
HOW = (
    "<code>trainer report DIRECTORY DIRECTORY/[0-9]*/</code>, with the directory of this sweep, writes reports of the "
    "runs; their numbers here then link to them."
)
TABLE = "sortable filterable small"


def settings(facts: SweepFacts) -> Section | None:
    """Return a row for each setting: its values, and mean ± deviation of each figure; None where each has one run."""
    if not facts.repeats:
        return None
    header = [*facts.keys, "runs", facts.goal, *facts.figures]
    rows = [_row(facts, setting) for setting in facts.settings]
    order = "; the best first. A click on a heading sorts." if facts.keys else "."
    intro = f"The mean over the {facts.unit}s of a setting ± the standard deviation{order}"
    shown = table(header, rows, range(len(facts.keys), len(header)), TABLE)
    body = f'<p class="faint">{intro}</p>{shown}'
    return Section("settings", "Settings" if facts.keys else "Mean", body)


def _row(facts: SweepFacts, setting: Setting) -> list[object]:
    done = [run for run in setting.runs if run.done]
    runs = f"{len(done)}" + (f" of {len(setting.runs)}" if len(done) < len(setting.runs) else "")
    figures = [[run.figures.get(name) for run in done] for name in facts.figures]
    known = [[value for value in values if value is not None] for values in figures]
    values = [clip(setting.values.get(key, ""), 40) for key in facts.keys]
    digits = [_digits(name) for name in facts.figures]
    return [*values, runs, _mean(setting.goals), *map(_mean, known, digits)]


def _digits(figure: str) -> int:
    return 2 if figure == "seconds" else 4


def _mean(values: list[float], digits: int = 4) -> str:
    """Return "0.9134 ± 0.0021"."""
    deviation = spread(values)
    beside = f" ± {number(deviation, digits)}" if deviation is not None else ""
    return number(mean(values), digits) + beside if values else ""


def runs(facts: SweepFacts) -> Section:
    """Return a row for each run, with a link to its report."""
    header = ["run", "status", *facts.keys, *facts.repeats, facts.goal, *facts.figures]
    rows = [
        [
            _name(run),
            _status(run),
            *(clip(run.values.get(key, ""), 40) for key in (*facts.keys, *facts.repeats)),
            number(run.goal),
            *(number(run.figures.get(name), _digits(name)) for name in facts.figures),
        ]
        for run in facts.runs
    ]
    numbers = range(2 + len(facts.keys) + len(facts.repeats), len(header))
    intro = "A number links to the report of its run." if any(run.page for run in facts.runs) else HOW
    body = f'<p class="faint">{intro}</p>{_unfinished(facts)}{table(header, rows, numbers, TABLE)}'
    return Section("runs", "Runs", body)


def _unfinished(facts: SweepFacts) -> str:
    """Return a list of the runs that failed or were stopped, with the reasons."""
    known = [run for run in facts.runs if run.reason and not run.done]
    lines = [f"<li>{_status(run)} {_name(run)}: {text(clip(run.reason, LONGEST))}</li>" for run in known[:MOST_REASONS]]
    if more := len(known) - len(lines):
        lines.append(f"<li>{count(more, 'more run')}, each with its reason in summary.md</li>")
    return f'<ul class="reasons">{"".join(lines)}</ul>' if lines else ""


def _status(run: Run) -> Html:
    return Html(f'<span class="status {text(run.status)}">{text(run.status)}</span>')


def _name(run: Run) -> Html:
    """Return the number of a run, which is short, with the name of its directory under the pointer."""
    what, link = ("a", f' href="{text(run.page)}"') if run.page else ("span", "")
    return Html(f'<{what}{link} title="{text(run.name)}">{run.number}</{what}>')
