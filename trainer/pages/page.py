"""One self-contained HTML page: styles, scripts and data inside, nothing to load from anywhere."""

import json
from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from trainer.ground.files import output, replacing

ASSETS = Path(__file__).with_name("assets")

BLUE, ORANGE = (9, 105, 218), (188, 76, 0)
"""Of values above and below zero in pictures, the same on all pages; as in page.css."""

# Whatever a configuration or a data set smuggles in, the page loads nothing and talks only to its own server.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'"
)


@cache
def asset(name: str) -> str:
    """Return the text of a file in `assets`."""
    return (ASSETS / name).read_text(encoding="utf-8")


def embedded(value: Any) -> str:
    """Return a value as JSON for a script element: no text in it can end the element. NaN and infinities are refused.

    Raises:
        ValueError: A number is not finite; make it None, which charts leave out.
    """
    text = json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def page(title: str, body: str, data: Any = None, scripts: Sequence[str] = (), styles: Sequence[str] = ()) -> str:
    """Return the HTML of a page.

    Args:
        title: The title of the document, as plain text.
        body: HTML, in which all that comes from configurations and data is escaped already (`html.escape`).
        data: JSON for the scripts, which find it as `PAGE`.
        scripts: Assets to run, in this order, after the body is there.
        styles: Assets to add to page.css, which holds the colours, for light and dark, and the type.
    """
    sheets = "\n".join(asset(name) for name in ("page.css", *styles))
    code = "\n".join(f"<script>{asset(name)}</script>" for name in scripts)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<style>{sheets}</style>
</head>
<body>
{body}
<script type="application/json" id="data">{embedded(data)}</script>
<script>const PAGE = JSON.parse(document.getElementById("data").textContent);</script>
{code}
</body>
</html>
"""


def write(path: Path, html: str, named: bool = False) -> None:
    """Write a page; the file is always whole.

    Args:
        path: The file.
        html: Its content.
        named: The user named this file, so a link is followed. In a run's directory, which may be a stranger's, a link
            is replaced.
    """
    with (output if named else replacing)(path) as temporary:
        temporary.write_text(html, encoding="utf-8", newline="\n")
