"""The page as a whole: complete, small, and safe whatever stands in a run's files."""

import json
import re
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from tests.helpers.runs import make_run
from tests.trainer.pages.report.conftest import HOSTILE
from tests.trainer.pages.test_page import elements
from trainer.datasets import DataError
from trainer.pages.report import document
from trainer.pages.report.document import html, write_page
from trainer.pages.report.facts import read

LARGEST = 3 << 20


def data_of(page: str) -> dict:
    return json.loads(page.partition('id="data">')[2].partition("</script>")[0])


@pytest.mark.parametrize(
    ("run", "wanted"),
    [
        (
            "digits",
            ["curves", "confusion", "mistakes", "classes", "calibration", "batch", "network", "layers", "gradients"],
        ),
        (
            "prices",
            ["curves", "predictions", "residuals", "mistakes", "columns", "batch", "network", "layers", "gradients"],
        ),
        ("writer", ["curves", "confusion", "classes", "calibration", "texts", "batch", "network", "layers"]),
    ],
)
def test_sections_in_their_order_and_all_in_the_contents(run, wanted, request):
    page = html(request.getfixturevalue(run))
    anchors = re.findall(r'<section id="(\w+)">', page)
    assert [each for each in anchors if each != "findings"][: len(wanted)] == wanted
    assert anchors[-1] == "settings"
    assert re.findall(r'<li><a href="#(\w+)">', page)[: len(anchors)] == anchors
    assert len(page.encode()) < LARGEST
    assert {*re.findall(r'<figure class="chart [^"]*" id="([^"]+)"', page)} == data_of(page)["charts"].keys()


def test_a_page_is_written_beside_the_run(digits, tmp_path):
    path = write_page(replace(digits, directory=tmp_path))
    assert path == tmp_path / "report.html"
    assert path.stat().st_size < LARGEST


@pytest.mark.slow
def test_a_page_of_many_pictures_needs_little_memory(tmp_path):
    count = 2500
    images = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.uint8, (count, 3, 64, 64))
    images[:, 0, 0] = np.random.default_rng(0).integers(256, size=(count, 64))  # the rest is 0, and not written
    np.save(tmp_path / "y.npy", np.arange(count) % 10)
    options = ("data=arrays", f"data.inputs={tmp_path}/x.npy", f"data.targets={tmp_path}/y.npy", "data.mean=null")
    facts = read(make_run(tmp_path, "model=lenet5", *options, "data.std=null"))
    tracemalloc.start()
    html(facts)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(facts.predictions.targets) == count // 10
    assert peak < 110 << 20


def test_while_a_run_goes_on_its_page_loads_itself_again(digits):
    running = data_of(html(replace(digits, status="running", result={}), seconds=7))
    assert (running["seconds"], "confusion" in running) == (7, False)
    assert data_of(html(digits, seconds=7))["seconds"] == 0


def test_data_that_have_moved_leave_a_line_and_the_other_sections(digits, monkeypatch):
    def moved(*_):
        raise DataError("digits.npz: no such file; set data.root")

    monkeypatch.setattr("trainer.pages.report.facts.predict", moved)
    page = html(replace(digits))
    assert page.count("digits.npz: no such file; set data.root") == 1
    assert '<section id="layers">' in page


def test_nothing_hostile_becomes_an_element(hostile):
    page = html(hostile)
    found = elements(page)
    assert not [1 for tag, attributes in found if tag == "img" and "onerror" in attributes]
    assert [tag for tag, _ in found].count("script") == 2 + len(document.SCRIPTS)
    assert not [1 for _, attributes in found if any(name.startswith("on") for name in attributes)]
    assert "<b>0" not in page
    assert "\x1b" not in page
    assert HOSTILE[:9] not in page.partition("<body>")[2].partition("<script type")[0]
