"""The page of a run: its head, its findings, and its sections in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from trainer.engine.processes.blas import one_thread
from trainer.ground.errors import UserError
from trainer.pages.page import page, write
from trainer.pages.report.batch import batch
from trainer.pages.report.boundary import boundary
from trainer.pages.report.calibration import calibration
from trainer.pages.report.classes import classes
from trainer.pages.report.columns import columns
from trainer.pages.report.confusion import confusion
from trainer.pages.report.curves import curves
from trainer.pages.report.drawing import network
from trainer.pages.report.facts import Facts
from trainer.pages.report.filters import filters
from trainer.pages.report.found import found
from trainer.pages.report.layers import gradients, layers, units, updates
from trainer.pages.report.mistakes import mistakes
from trainer.pages.report.section import Section, paragraph, text
from trainer.pages.report.settings import settings
from trainer.pages.report.texts import texts
from trainer.pages.report.title import name, title
from trainer.pages.report.values import predictions, residuals
from trainer.runs.folder import PAGE

SECTIONS: tuple[Callable[[Facts], Section | None], ...] = (
    *(curves, boundary, confusion, predictions, residuals, mistakes, classes, calibration, columns, texts, batch),
    *(network, layers, gradients, updates, units, filters, settings),
)
"""Each is named like its anchor, to which findings link."""

SHOWS_PREDICTIONS = b'<section id="batch">'  # in the page of whatever data
LARGEST = 16 << 20  # of a page, which may be a stranger's

SCRIPTS = ("vega.min.js", "vega-lite.min.js", "charts.js", "examples.js", "tables.js", "continuations.js", "report.js")


def html(facts: Facts, seconds: float = 0, live: bool = False) -> str:
    """Return the page of a run.

    Args:
        facts: The facts of the run.
        seconds: Interval at which the page of a running run reloads itself; 0: never.
        live: The page comes from a server, which it asks for changes.
    """
    with one_thread():  # as while it trains
        sections = [section for make in SECTIONS if (section := _made(make, facts)) is not None]
        if first := found(facts, {each.anchor for each in sections}):
            sections.insert(0, first)
    news = {"live": live, "seconds": seconds if facts.is_running else 0}
    return document(name(facts), title(facts), sections, news)


def lacks(facts: Facts, path: Path) -> str:
    """Return why a new page would lack the predictions that the page at `path` shows; empty if it lacks nothing."""
    if facts.is_running or facts.predictions is not None or not path.is_file():
        return ""
    with path.open("rb") as file:
        if SHOWS_PREDICTIONS not in file.read(LARGEST):
            return ""
    return facts.unread or next(iter(facts.remarks), "the run has no checkpoint")


def document(heading: str, head: str, sections: Sequence[Section], news: Mapping[str, object] | None = None) -> str:
    """Return a page with a table of contents.

    Args:
        heading: Title of the document.
        head: HTML above the sections.
        sections: In their order.
        news: "live" and "seconds", see `html`.
    """
    contents = "".join(f'<li><a href="#{each.anchor}">{text(each.title)}</a></li>' for each in sections)
    parts = "".join(
        f'<section id="{each.anchor}"><h2>{text(each.title)}</h2>{each.body}</section>' for each in sections
    )
    body = (
        f'<nav aria-label="Contents"><details open><summary>Contents</summary><ol>{contents}</ol></details></nav>'
        f'<main>{head}{parts}</main><div id="tip" role="status" hidden></div>'
    )
    data: dict[str, object] = {"charts": {key: spec for each in sections for key, spec in each.charts.items()}}
    data |= {key: value for each in sections for key, value in each.data.items()}
    return page(heading, body, {**data, **(news or {})}, SCRIPTS, ("report.css",))


def write_page(facts: Facts, seconds: float = 0) -> Path:
    """Write the page of a run into its directory; return its path. Raises OSError."""
    path = facts.directory / PAGE
    write(path, html(facts, seconds))
    return path


def _made(make: Callable[[Facts], Section | None], facts: Facts) -> Section | None:
    """Return a section; where its data cannot be read, with the reason in place of its figures."""
    try:
        return make(facts)
    except (UserError, OSError) as error:
        anchor = make.__name__
        return Section(anchor, anchor.capitalize(), paragraph(str(error), "note"))
