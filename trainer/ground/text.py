"""Text for people and spreadsheets."""

from collections.abc import Collection, Iterable, Sequence

FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet runs cells that begin so


def printable(text: str) -> str:
    """Return `text` with control characters escaped, as `\\x1b`: names in files may come from a stranger."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def clip(text: str, most: int = 60) -> str:
    """Return a text that is not longer than this many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def cell(value: object) -> object:
    """Return `value` as a cell of a CSV file, with an apostrophe before a text that spreadsheets take for a formula."""
    if not isinstance(value, str) or not value.startswith(FORMULAS):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def table(rows: Sequence[Sequence[str]], left: Collection[int] = (0,)) -> str:
    """Return rows of one length as aligned columns: those numbered in `left` to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    align = [str.ljust if place in left else str.rjust for place in range(len(widths))]
    return "\n".join(
        "  ".join(place(text, width) for place, text, width in zip(align, row, widths, strict=True)).rstrip()
        for row in rows
    )


def duration(seconds: float) -> str:
    """Return a time for people, of at most 8 characters: "1.2 s", "3:05" (minutes, seconds), "1:03:05", "12 days"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 24 * 60:
        return f"{minutes / 24 / 60:.0f} days"
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"


def alike(names: Iterable[str]) -> list[list[str]]:
    """Return the groups of names that differ only in upper and lower case, or in spaces: perhaps one was meant."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault("".join(name.split()).casefold(), []).append(name)
    return [group for group in groups.values() if len(group) > 1]
