"""The page of a sweep, and in a browser."""

import re
from dataclasses import replace

import pytest

from trainer.pages.page import write
from trainer.pages.report.sweep.document import html


def test_all_sections(sweep):
    page = html(sweep)
    anchors = ["settings", "parallel", "curves", "effects", "importance", "runs"]
    assert re.findall(r'<section id="(\w+)">', page) == anchors
    assert '<span class="pill failed">2 failed</span>' in page
    assert "10 runs: 8 completed, 2 failed · 5 settings of model, lr" in page
    assert len(page.encode()) < 3 << 20


def test_names_are_escaped(sweep):
    page = html(replace(sweep, name="<i>", keys=["<i>", "<u>"], goal="<s>", best="<b>", command="<a>", figures=["<q>"]))
    assert not re.search("<[iusbaq]>", page.partition("<body>")[2].partition("<script")[0])


def test_of_single_runs_there_is_one_table_and_it_comes_first(sweep):
    alone = [replace(each, runs=[replace(each.runs[0], values=each.values)]) for each in sweep.settings]
    page = html(replace(sweep, settings=alone))
    assert re.findall(r'<section id="(\w+)">', page) == ["runs", "parallel", "curves", "effects", "importance"]
    assert "Best run, best_val_accuracy" in page


@pytest.mark.process
@pytest.mark.slow
def test_its_table_is_sorted_and_filtered(browser, sweep, tmp_path):
    write(tmp_path / "report.html", html(sweep))
    with browser.open(tmp_path / "report.html") as shown:
        shown.wait_for_selector("body[data-ready]")
        assert shown.locator("figure.chart svg").count() == shown.evaluate("Object.keys(PAGE.charts).length")
        shown.locator("#parallel-chart .mark-rule line[stroke-width='10']").first.hover(force=True)
        assert "model=mlp, lr=0.1" in shown.locator("#tip").inner_text()
        header = shown.locator("#settings th", has_text="lr")
        column = shown.locator("#settings tbody td:nth-child(2):visible")
        header.locator("button").click()
        assert column.all_inner_texts() == ["1", "0.1", "0.1", "0.01", "0.01"]
        header.locator("button").focus()
        shown.keyboard.press("Enter")
        assert header.get_attribute("aria-sort") == "ascending"
        assert column.all_inner_texts() == ["0.01", "0.01", "0.1", "0.1", "1"]
        shown.locator("#settings input").fill("CNN 0.1")
        assert column.all_inner_texts() == ["0.1"]


@pytest.mark.process
@pytest.mark.slow
def test_a_search_has_values_under_the_pointer_and_fits_a_phone(browser, sweep, tmp_path):
    write(tmp_path / "report.html", html(replace(sweep, searched=True)))
    with browser.open(tmp_path / "report.html", viewport={"width": 390, "height": 844}) as shown:
        shown.wait_for_selector("body[data-ready]")
        assert shown.evaluate("document.documentElement.scrollWidth") == 390
        chart = shown.locator("#history-chart")
        assert {"best so far", "completed (8)", "failed (2)"} <= {*chart.locator("svg text").all_text_contents()}
        chart.scroll_into_view_if_needed()
        box = chart.locator("svg").bounding_box()
        shown.mouse.move(box["x"] + box["width"] - 12, box["y"] + 60)
        assert "best so far" in shown.locator("#tip").inner_text()
