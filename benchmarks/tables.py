"""Results as Markdown, on the screen and in outputs/benchmarks, where their JSON is too."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.heading import caption

FOLDER = Path("outputs", "benchmarks")


def table(header: Sequence[str], rows: Sequence[Sequence[Any]], names: int = 1) -> str:
    """Return a Markdown table with aligned columns: the first `names` to the left, the figures to the right."""
    cells = [list(map(str, row)) for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = ["-" * width if i < names else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    lines = []
    for row in (cells[0], rule, *cells[1:]):
        aligned = (
            cell.ljust(width) if i < names else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append(f"| {' | '.join(aligned)} |")
    return "\n".join(lines)


def number(value: float | None, digits: int = 2) -> str:
    """Return the number as text, or a dash if there is none."""
    return "–" if value is None or value != value else f"{value:,.{digits}f}"


def save(name: str, title: str, text: str, data: Mapping[str, Any], described: Mapping[str, Any]) -> None:
    """Print the text below the heading of `describe_machine`, and write both to NAME.md, with the data to NAME.json."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    document = f"# {title}\n\n{caption(described)}\n\n{text}\n"
    print(f"\n{document}")
    (FOLDER / f"{name}.md").write_text(document, encoding="utf-8")
    (FOLDER / f"{name}.json").write_text(json.dumps({"machine": described, **data}, indent=1), encoding="utf-8")
    print(f"saved in {FOLDER / name}.md and .json")
