"""The walk from YAML to update: what the page names exists, is called in this order, and is short enough to be read."""

import inspect
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how_it_works.md").read_text(encoding="utf-8")
MOST_FILES, MOST_LINES = 9, 1300

STOPS = {
    path: re.findall(r"`([\w.]+)`", reading)
    for path, reading in re.findall(r"^## \d+\. \[([\w/.]+)\].*?\n\nRead (.*?)\.$", PAGE, re.MULTILINE | re.DOTALL)
}


@pytest.fixture
def called(trainer_here):
    """Names of the functions that a short run calls, each with its file, in the order of their first calls."""
    order = {}

    def note(frame, event, _):
        if event == "call" and frame.f_code.co_flags & inspect.CO_OPTIMIZED:  # a function, not the body of a class
            order.setdefault((frame.f_code.co_filename, frame.f_code.co_qualname))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        few = ("epochs=1", "limit.train=64", "limit.validation=10", "limit.test=10", "parallel.workers=1")
        code = trainer_here("model=lenet5", *few, "callbacks.curves=null", "callbacks.report=null")
    finally:
        sys.setprofile(before)
    assert code == 0
    files = {str(ROOT / path): path for path in STOPS}
    return [(files[file], name.removesuffix(".__init__")) for file, name in order if file in files]


def test_the_stops_are_passed_in_this_order(called):
    assert STOPS
    for path, names in STOPS.items():
        for name in names:
            assert (path, name) in called, f"{path}: {name}"
    first = [(path, names[0]) for path, names in STOPS.items()]
    assert [place for place in called if place in first] == first


def test_the_walk_is_short():
    lines = [line for path in STOPS for line in (ROOT / path).read_text(encoding="utf-8").splitlines()]
    assert re.findall(r"## (\d+)\.", PAGE) == [str(number) for number in range(1, len(STOPS) + 1)]
    assert len(STOPS) <= MOST_FILES
    assert len(lines) <= MOST_LINES
    assert f"nine files, which together have at most {MOST_LINES:,} lines" in PAGE
