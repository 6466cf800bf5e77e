"""Names in any script: another font for what matplotlib's own lacks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.text import Text

MISSING = "□"
LAST = "Last Resort"  # fonts of this name have boxes for everything


def drawable(text: str) -> str:
    """Return a text with a box for each character that no installed font has."""
    return text if text.isascii() else "".join(MISSING if _family(each) is None else each for each in text)


def choose(artist: Artist) -> None:
    """Give the texts of an artist the fonts that their characters need."""
    for text in _texts(artist):
        needed = "" if (words := text.get_text()).isascii() else words
        if families := list(dict.fromkeys(filter(None, map(_family, needed)))):
            text.set_fontfamily(["sans-serif", *families])


def _texts(artist: Artist) -> Iterator[Text]:
    """Yield the texts in an artist. `findobj` would make ticks for axes that show none, which takes 5 ms each."""
    from matplotlib.axis import Axis
    from matplotlib.text import Text

    if isinstance(artist, Text):
        yield artist
    bare = not getattr(artist, "axison", True)
    for part in artist.get_children():
        if not (bare and isinstance(part, Axis)):
            yield from _texts(part)


@cache
def _family(character: str) -> str | None:
    """Return the first font, by name, that has a character; empty if it is matplotlib's own, None if there is none."""
    from matplotlib.font_manager import FontProperties, findfont

    code = ord(character)
    if code in _characters(findfont(FontProperties())):
        return ""
    return next((name for name, files in _upright().items() if all(code in _characters(each) for each in files)), None)


@cache
def _upright() -> dict[str, list[str]]:
    """Return the files of each font, by name: of every weight, since a text may be bold."""
    from matplotlib.font_manager import fontManager

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # missing weights do not matter
    found: dict[str, list[str]] = {}
    for name, file in sorted((each.name, each.fname) for each in fontManager.ttflist if each.style == "normal"):
        if LAST not in name:
            found.setdefault(name, []).append(file)
    return found


@cache
def _characters(path: str) -> frozenset[int]:
    from matplotlib.font_manager import get_font

    try:
        font = get_font(path)
    except (OSError, RuntimeError):  # a font that is gone, or that FreeType cannot read
        return frozenset()
    return frozenset(font.get_charmap()) if font.scalable else frozenset()
