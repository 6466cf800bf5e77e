"""Text for people and spreadsheets."""

from collections.abc import Collection, Sequence

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


def table(rows: Sequence[Sequence[str]], left: Collection[int] = (0,)) -> str:
    """Rows of one length as aligned columns: those numbered in `left` to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    align = [str.ljust if place in left else str.rjust for place in range(len(widths))]
    return "\n".join(
        "  ".join(place(text, width) for place, text, width in zip(align, row, widths, strict=True)).rstrip()
        for row in rows
    )
