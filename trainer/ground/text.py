"""Text for people, spreadsheets, and Hydra."""

import re
from collections.abc import Sequence

FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet runs cells that begin so


def printable(text: str) -> str:
    """`text` with what could command a terminal shown as text, such as `\\x1b`: names in files may be a stranger's."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def cell(value: object) -> object:
    """`value` as a cell of a CSV file: a text that a spreadsheet would take for a formula begins with an apostrophe."""
    if not isinstance(value, str) or not value.startswith(FORMULAS):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def quoted(text: str) -> str:
    """`text` as the value of an override, whatever characters it has."""
    text = re.sub(r"(\\*)\$\{", r"\1\1\\${", text)
    return "'" + re.sub(r"(\\+)$", r"\1\1", re.sub(r"(\\*)'", r"\1\1\\'", text)) + "'"


def unquoted(value: str) -> str:
    """The text that the value of an override stands for: what `quoted` was given, or `value` where it has no quotes."""
    if len(value) < 2 or value[0] != value[-1] or value[0] not in "'\"":
        return value
    text = re.sub(rf"(\\+)({value[0]}|$)", lambda found: "\\" * (len(found[1]) // 2) + found[2], value[1:-1])
    return re.sub(r"(\\*)\\\$\{", lambda found: "\\" * (len(found[1]) // 2) + "${", text)


def table(rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Rows of cells in columns: the first `left` columns to the left, the others, numbers, to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    align = [str.ljust if place < left else str.rjust for place in range(len(widths))]
    return "\n".join(
        "  ".join(place(text, width) for place, text, width in zip(align, row, widths, strict=True)).rstrip()
        for row in rows
    )
