"""The head of the page: what was trained, how it ended, and what was reached."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from trainer.ground.overrides import without_quotes
from trainer.pages.report.facts import Facts
from trainer.pages.report.section import clip, copied, count, number, paragraph, text
from trainer.problems import Metric, known_metrics
from trainer.runs import named
from trainer.runs.catalog import RUNNING
from trainer.runs.folder import MACHINERY

PARTS = {"test": "Test", "best": "Validation"}


def name(facts: Facts) -> str:
    """Return "lenet5 on fashion_mnist"."""
    return clip(named.name(facts.directory, facts.config), 80)


def title(facts: Facts) -> str:
    """Return the HTML above the first section."""
    parts = [
        f'<p class="over">Report of a run <span class="pill {text(facts.status)}">{text(facts.status)}</span></p>',
        f"<h1>{text(name(facts))}</h1>",
        paragraph(" · ".join(_circumstances(facts)), "faint"),
        _error(facts),
        _progress(facts),
        f'<div class="cards">{"".join(_reached(facts))}</div>',
        copied(line) if (line := command(facts)) else "",
    ]
    return f"<header>{''.join(parts)}</header>"


def _circumstances(facts: Facts) -> list[str]:
    result, known = facts.result, []
    if facts.began:
        known.append(f"{facts.began:%-d %B %Y, %H:%M}" if facts.began.year > 1970 else "")
    if (seed := result.get("seed", facts.config.get("seed"))) is not None:
        known.append(f"seed {seed}")
    epochs, planned = result.get("epochs", len(facts.epochs)), result.get("planned_epochs", facts.config.get("epochs"))
    known.append(count(epochs, "epoch") if planned in (None, epochs) else f"{epochs} of {count(planned, 'epoch')}")
    seconds = result.get("seconds") or sum(value or 0 for value in facts.history.get("seconds", ()))
    known.append(duration(seconds) if seconds else "")
    if facts.table:
        known.append(f"{sum(row.parameters for row in facts.table):,} parameters")
    if workers := result.get("workers"):
        known.append(count(workers, "worker"))
    return [each for each in known if each]


def duration(seconds: float) -> str:
    """Return "4.2 s", "3 min 20 s" or "2 h 5 min"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _error(facts: Facts) -> str:
    reason = facts.result.get("error") or facts.result.get("reason")
    lines = [paragraph(reason, "error" if facts.result.get("error") else "note")] if reason else []
    notes = [*facts.remarks, *([f"There are no predictions: {facts.unread}"] if facts.unread else [])]
    return "".join(lines + [paragraph(note, "note") for note in notes])


def _progress(facts: Facts) -> str:
    planned = facts.config.get("epochs")
    if facts.status != RUNNING or not isinstance(planned, int) or planned < 1:
        return ""
    done = len(facts.epochs)
    return f'<progress max="{planned}" value="{done}" aria-label="Epochs">{done} of {planned}</progress>'


def _reached(facts: Facts) -> list[str]:
    """Return a card for each figure of the test, the headline first; of the validation without a test."""
    result, problem = facts.result, facts.problem
    part = "test" if result.get("test") else "best"
    figures: Mapping[str, float | None] = result.get(part) or {}
    figures = {name.removeprefix("val_"): value for name, value in figures.items() if name != "epoch"}
    if not figures and facts.epochs:
        part = "best"
        last = {name: values[-1] for name, values in facts.history.items()}
        figures = {name.removeprefix("val_"): value for name, value in last.items() if name.startswith("val_")}
    metrics = dict(problem.metrics) if problem else known_metrics()
    headline = problem.headline if problem else None
    names = sorted((name for name in figures if name in metrics), key=lambda name: name != headline)
    baseline = result.get("baseline") or {}
    return [
        _card(PARTS[part], metrics[name], figures[name], baseline.get(name), baseline.get("name")) for name in names
    ]


def _card(part: str, metric: Metric, value: float | None, trivial: object, how: object) -> str:
    beside, bar = "", ""
    if isinstance(trivial, float) and part == "Test":
        beside = f'<div class="faint">{number(trivial)} by {text(clip(str(how), 40))}</div>'
        if metric.higher_is_better and value is not None and 0 <= value <= 1 and 0 <= trivial <= 1:
            tick = f'<i style="left:{100 * trivial:.1f}%" title="without a network"></i>'
            bar = f'<div class="meter" aria-hidden="true"><b style="width:{100 * value:.1f}%"></b>{tick}</div>'
    shown = number(value) or "none"
    return (
        f'<div class="card"><div class="label">{part} {text(metric.label)}</div>'
        f'<div class="big">{text(shown)}</div>{bar}{beside}</div>'
    )


def command(facts: Facts) -> str | None:
    """Return the command that does the same again; None where it was not one."""
    if not facts.overrides and not (facts.directory / MACHINERY).is_file():
        return None
    places = ("hydra.run.dir=", "hydra.sweep.dir=", "resume=")
    overrides = [without_quotes(each) for each in facts.overrides if not each.startswith(places)]
    folder = ["--config-dir", facts.config_dir] if facts.config_dir else []
    return shlex.join(["trainer", *folder, *overrides])
