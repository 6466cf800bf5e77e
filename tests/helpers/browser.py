"""Pages in a headless Chromium: a test fails on any error that the console shows or a script throws.

Tests that use it carry the marks process and slow, and are skipped where Playwright or Chromium is missing.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SIZE = {"width": 1440, "height": 900}


class Browser:
    """A browser that opens pages.

    Args:
        chromium: As Playwright launches it.
    """

    def __init__(self, chromium: Any) -> None:
        self._chromium = chromium

    @contextmanager
    def open(self, place: Path | str, **options: Any) -> Iterator[Any]:
        """Give a page of Playwright that shows a file or an address; `options` are those of a new context.

        Raises:
            AssertionError: The page told an error, or asked for something outside the file or its own server.
        """
        address = place.absolute().as_uri() if isinstance(place, Path) else place
        context = self._chromium.new_context(**{"viewport": SIZE, **options})
        page, errors = context.new_page(), []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("requestfailed", lambda request: errors.append(f"cannot load {request.url}"))
        page.goto(address)
        yield page
        context.close()
        assert not errors, errors


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium for all tests of a session."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright, which drives a browser")
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("needs Chromium")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield Browser(chromium)
        chromium.close()
