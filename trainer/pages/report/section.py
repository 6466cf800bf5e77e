"""A section of a report, and the pieces of HTML that sections are made of. All text that comes in is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape as _escape
from math import floor, isfinite, log10
from typing import Any

from trainer.ground.text import clip as clip
from trainer.ground.text import printable

Spec = dict[str, Any]
"""A Vega-Lite specification. A text such as "--blue" in it is the page's colour of that name, and one such as
"#46327e/#8f9bf5" a colour on light and on dark paper."""


class Html(str):
    """Text that is HTML already, and so is not escaped."""

    __slots__ = ()


@dataclass(frozen=True)
class Tall:
    """A cell of a table that is several rows high; the rows below it have None in its place."""

    content: object
    rows: int


@dataclass(frozen=True)
class Section:
    """A part of the page with a heading.

    Attributes:
        anchor: Its id, to which the table of contents and the findings lead.
        title: Its heading.
        body: HTML.
        charts: What `figure` shows, by id.
        data: What the page's script needs besides, by name.
    """

    anchor: str
    title: str
    body: str
    charts: Mapping[str, Spec] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Series:
    """One line of a chart, which its legend switches on and off.

    Attributes:
        name: In the chart's data.
        label: For people.
        colour: Such as "--blue", "#0072b2", or "#46327e/#8f9bf5" on light and on dark paper.
        shown: Whether it is on at first.
    """

    name: str
    label: str
    colour: str
    shown: bool = True


def text(value: object) -> str:
    """Return a value as HTML, escaped unless it is `Html`; control characters of strangers' texts become visible."""
    if isinstance(value, Html):
        return value
    return _escape("\n".join(map(printable, str(value).split("\n"))))


def paragraph(content: object, kind: str = "") -> str:
    """Return a paragraph; `kind` is a class of the style sheet."""
    return f"<p{_kind(kind)}>{text(content)}</p>"


def figure(
    name: str,
    caption: object = "",
    legend: Sequence[Series] = (),
    numbers: str = "",
    kind: str = "",
    zooms: bool = False,
) -> str:
    """Return the place of a chart.

    Args:
        name: Its key in `Section.charts`, and its id.
        caption: What it shows, in words.
        legend: The series that can be switched on and off, by the chart's parameter "shown".
        numbers: The same as a table, for those who cannot see it.
        kind: A class of the style sheet.
        zooms: Whether its horizontal axis can be zoomed.
    """
    keys = "".join(
        f'<label><input type="checkbox" value="{text(each.name)}"{" checked" if each.shown else ""}>'
        f'<span class="swatch" style="{_colour(each.colour)}"></span>{text(each.label)}</label>'
        for each in legend
    )
    keys = f'<div class="legend" role="group" aria-label="Series">{keys}</div>' if keys else ""
    shown = f"<figcaption>{text(caption)}</figcaption>" if caption else ""
    more = f"<details><summary>Numbers</summary>{numbers}</details>" if numbers else ""
    focus = ' tabindex="0" data-zooms' if zooms else ""
    plot = f'<div class="plot"{focus}></div>'
    return f'<figure class="chart {kind}" id="{text(name)}">{shown}{keys}{plot}{more}</figure>'


def table(
    header: Sequence[object],
    rows: Iterable[Sequence[object]],
    numbers: Iterable[int] = (),
    kind: str = "",
    caption: str = "",
) -> str:
    """Return a table.

    Args:
        header: Above the columns.
        rows: Cells, each of which may be `Html` or `Tall`.
        numbers: The places of columns that hold numbers.
        kind: A class of the style sheet.
        caption: Above the table.
    """
    right = set(numbers)

    def cells(name: str, row: Sequence[object], scope: str = "") -> str:
        found = []
        for place, cell in enumerate(row):
            if cell is not None:
                high = f" rowspan={cell.rows}" if isinstance(cell, Tall) and cell.rows > 1 else ""
                content = text(cell.content if isinstance(cell, Tall) else cell)
                found.append(f"<{name}{scope}{' class=number' if place in right else ''}{high}>{content}</{name}>")
        return "".join(found)

    above = f"<caption>{text(caption)}</caption>" if caption else ""
    head = f"<thead><tr>{cells('th', header, ' scope=col')}</tr></thead>" if header else ""
    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<div class="wide"><table{_kind(kind)}>{above}{head}<tbody>{body}</tbody></table></div>'


def copied(line: str) -> str:
    """Return a line of a shell with a button that copies it."""
    button = '<button type="button" class="copy screen">Copy</button>'
    return f'<div class="command"><pre>{text(line)}</pre>{button}</div>'


def number(value: float | None, digits: int = 4) -> str:
    """Return a number for people, with as many significant digits; empty for None."""
    if value is None:
        return ""
    if not isfinite(value):
        return "∞" if value > 0 else "−∞" if value < 0 else "not a number"
    size = floor(log10(abs(value))) if value else 0
    if value == int(value) and size < 6:
        shown = f"{int(value):,}"
    elif -4 <= size < 6:
        shown = f"{value:,.{max(0, digits - 1 - max(size, -1))}f}"
    else:
        shown = f"{value:.{digits - 1}g}"
    return shown.replace("-", "−", 1) if value < 0 else shown


def percent(share: float, digits: int = 1) -> str:
    """Return a share as text: "41.2 %"."""
    return f"{100 * share:.{digits}f} %"


def count(number: int, one: str, many: str = "") -> str:
    """Return "1 epoch" or "1,200 epochs"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _kind(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _colour(colour: str) -> str:
    light, _, dark = colour.partition("/")
    shown = f"var({colour})" if colour.startswith("--") else light
    return f"--light:{shown};--dark:{dark or shown}"
