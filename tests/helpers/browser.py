"""Pages in a headless Chromium: a test fails on any error that the console shows or a script throws.

Tests that use it carry the marks process and slow, and are skipped where Playwright or Chromium is missing.
"""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SIZE = {"width": 1440, "height": 900}


class Browser:
    """A browser that opens pages, one after another in the same tab: a new one takes a quarter of a second.

    Args:
        chromium: As Playwright launches it.
    """

    def __init__(self, chromium: Any) -> None:
        self._chromium = chromium
        self._tabs: list[tuple[Any, list[str]]] = []

    @contextmanager
    def open(
        self, place: Path | str, viewport: Mapping[str, int] = SIZE, color_scheme: str = "light", **options: Any
    ) -> Iterator[Any]:
        """Give a page of Playwright that shows a file or an address; further `options` are those of a new context.

        Raises:
            AssertionError: The page told an error, or asked for something outside the file or its own server.
        """
        address = place.absolute().as_uri() if isinstance(place, Path) else place
        page, errors = self._tabs.pop() if self._tabs and not options else self._tab(**options)
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=color_scheme, reduced_motion="reduce")  # no waiting until it has scrolled
        page.goto(address)
        yield page
        found = errors.copy()
        if options:
            page.context.close()
        else:
            page.mouse.move(0, 0)
            page.goto("about:blank")
            errors.clear()
            self._tabs.append((page, errors))
        assert not found, found

    def _tab(self, **options: Any) -> tuple[Any, list[str]]:
        """Return a new page, and the list of errors to which it adds its own."""
        page, errors = self._chromium.new_context(**options).new_page(), []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("requestfailed", lambda request: errors.append(f"cannot load {request.url}"))
        return page, errors


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
