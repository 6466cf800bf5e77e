"""The page in a browser: no error on the console, and everything answers pointer and keys."""

import pytest

from trainer.pages.report.document import write_page

pytestmark = [pytest.mark.process, pytest.mark.slow]


@pytest.fixture(scope="module")
def page(digits):
    return write_page(digits)


@pytest.fixture(scope="module")
def shown(browser, page):
    with browser.open(page) as opened:
        opened.wait_for_selector("body[data-ready]")
        yield opened


def lines(shown) -> int:
    return shown.locator("#curve-loss .mark-line path").count()


def test_every_chart_is_drawn(shown):
    charts = shown.evaluate("Object.keys(PAGE.charts)")
    assert shown.locator("figure.chart[data-drawn]").count() == len(charts) > 5
    assert shown.locator("figure.chart svg").count() == len(charts)


def test_values_stand_under_the_pointer(shown, digits):
    box = shown.locator("#curve-loss .plot svg").bounding_box()
    shown.mouse.move(box["x"] + box["width"] - 12, box["y"] + box["height"] / 2)
    tip = shown.locator("#tip")
    tip.wait_for(state="visible")
    assert "validation" in tip.inner_text()
    assert f"{digits.history['val_loss'][-1]:.3f}"[:4] in tip.inner_text()


def test_a_series_is_switched_off_and_on(shown):
    before = lines(shown)
    shown.locator("#curve-loss .legend input[value=train]").uncheck()
    shown.wait_for_function(f"document.querySelectorAll('#curve-loss .mark-line path').length < {before}")
    shown.locator("#curve-loss .legend input[value=train]").check()
    shown.wait_for_function(f"document.querySelectorAll('#curve-loss .mark-line path').length == {before}")


def test_keys_zoom_and_show_all_again(shown):
    domain = "views.get(document.getElementById('curve-loss')).scale('x').domain()"
    whole = shown.evaluate(domain)
    shown.locator("#curve-loss .plot").focus()
    shown.keyboard.press("+")
    shown.wait_for_function(f"{domain}[1] < {whole[1]}")
    shown.keyboard.press("0")
    shown.wait_for_function(f"Math.abs({domain}[1] - {whole[1]}) < 1e-6")


def test_a_cell_shows_its_examples_by_click_and_by_keys(shown):
    cells = shown.locator(".matrix [data-cell]")
    last = cells.nth(cells.count() - 1)
    last.click()
    key = last.get_attribute("data-cell")
    count = shown.evaluate(f"PAGE.confusion.cells['{key}'].length")
    assert shown.locator("#cell canvas").count() == count > 0
    heading = shown.locator("#cell h3").inner_text()
    shown.keyboard.press("ArrowUp")
    shown.keyboard.press("Enter")
    assert shown.locator("#cell h3").inner_text() != heading
    # The pictures are there, not only their places.
    pixels = "document.querySelector('#cell canvas').getContext('2d').getImageData(0, 0, 28, 28).data"
    shown.wait_for_function(f"[...{pixels}].some(Boolean)")


def test_classes_are_sorted_by_a_column(shown):
    column = "#classes tbody tr td:nth-child(3)"
    shown.locator("#classes th button", has_text="recall").click()
    found = [float(text) for text in shown.locator(column).all_inner_texts()]
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_in_both_colours(browser, page, scheme):
    with browser.open(page, viewport={"width": 390, "height": 800}, color_scheme=scheme) as shown:
        shown.wait_for_selector("body[data-ready]")
        assert shown.evaluate("document.documentElement.scrollWidth") <= 390
        ink = shown.evaluate("getComputedStyle(document.querySelector('#curve-loss text')).fill")
        assert ink == {"light": "rgb(89, 99, 110)", "dark": "rgb(145, 152, 161)"}[scheme]
        line = shown.evaluate("document.querySelector('#gradients-layers .mark-line path').getAttribute('stroke')")
        key = shown.evaluate("getComputedStyle(document.querySelector('#gradients .swatch')).backgroundColor")
        assert (line, key) == {
            "light": ("#440154", "rgb(68, 1, 84)"),
            "dark": ("#b794f6", "rgb(183, 148, 246)"),
        }[scheme]


def test_hostile_names_stay_text(browser, hostile):
    with browser.open(write_page(hostile)) as shown:
        shown.wait_for_selector("body[data-ready]")
        assert shown.locator("img[onerror]").count() == 0
        assert shown.locator("#mistakes, #columns, #batch").get_by_text("onerror").count() > 0


def test_one_steps_through_what_a_network_wrote(browser, writer):
    with browser.open(write_page(writer)) as shown:
        shown.wait_for_selector("body[data-ready]")
        first, last = shown.evaluate("PAGE.continuations.map(({ prompt, text }) => prompt + text)")
        written = shown.locator("#continuations pre")
        assert written.text_content() == last != first
        shown.get_by_role("slider").press("ArrowLeft")
        assert written.text_content() == first
        assert shown.locator("#continuations p").inner_text() == "before the training"
        assert shown.get_by_label("The text before").is_disabled()
        shown.get_by_label("The text after").click()
        assert written.text_content() == last
        text, label = shown.locator("#batch tbody tr").first.locator("td").all_text_contents()
        assert [text, label] == shown.evaluate("[PAGE.batch.rows[0][0], PAGE.batch.items[0].true]")


def test_printed_it_is_a_few_pages(shown, tmp_path):
    shown.pdf(path=tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().count(b"/Type /Page\n") < 15
