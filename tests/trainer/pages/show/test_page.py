"""What one does in the page, and what it shows then."""

import json
import threading

import numpy as np
import pytest

from tests.helpers import tables
from tests.helpers.runs import composed, make_run
from trainer.commands.show import routes
from trainer.pages import server
from trainer.pages.show.contents import show_page
from trainer.runs.network import load

pytestmark = [pytest.mark.process, pytest.mark.slow]

STORY = "the cat sat on the mat.\n" * 20


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Write the page of a network, once for each name; returns its path."""
    folder, pages = tmp_path_factory.mktemp("pages"), {}

    def write(name, *overrides):
        if name not in pages:
            pages[name] = folder / f"{name}.html"
            pages[name].write_text(show_page(load(make_run(folder / name, *overrides))), encoding="utf-8")
        return pages[name]

    return write


@pytest.fixture(scope="module")
def opened(browser, made):
    with browser.open(made("lenet5", "model=lenet5"), viewport={"width": 1440, "height": 1200}) as page:
        yield page


@pytest.fixture
def lenet5(opened):
    """The page of a LeNet-5 as it was in the beginning."""
    opened.mouse.move(2, 2)
    opened.evaluate("network.silent.clear(); see('values'); take(examples[0])")
    settled(opened)
    return opened


def settled(page) -> None:
    """Wait until what was entered is computed and drawn."""
    page.wait_for_function("!state.pending && state.values !== null")


def answer(page) -> list[float]:
    settled(page)
    return page.evaluate("[...answerOf(state.values)]")


def centre_of(page, name: str, unit: int) -> tuple[float, float]:
    """Where a unit of a column is on the screen."""
    box = page.locator(f'[data-name="{name}"] .marks').bounding_box()
    x, y = page.evaluate(
        """([name, unit]) => {
            const { corner, height, width, cell } = columns.get(name).form, place = unit % (height * width);
            const [x, y] = corner(Math.floor(unit / (height * width)));
            return [x + (place % width + 0.5) * cell, y + (Math.floor(place / width) + 0.5) * cell];
        }""",
        [name, unit],
    )
    return box["x"] + x, box["y"] + y


def test_drawing(lenet5):
    page = lenet5
    page.get_by_text("Clear").click()
    blank = answer(page)
    box = page.locator("canvas.pad").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 160, steps=4)
    page.mouse.up()
    assert answer(page) != blank
    stored = page.evaluate("[...state.entered.inputs.input]")
    assert max(stored) > 200
    assert 0 < sum(value > 0 for value in stored) < 40  # of 64: a stroke, not everything
    page.get_by_text("Clear").click()
    page.locator("canvas.pad").press("Space")
    settled(page)
    assert sum(value > 0 for value in page.evaluate("[...state.entered.inputs.input]")) == 1
    page.get_by_role("button", name="Invert", exact=True).click()
    settled(page)
    assert sum(value == 255 for value in page.evaluate("[...state.entered.inputs.input]")) == 63


def test_a_picture_is_dropped(lenet5):
    page = lenet5
    before = answer(page)
    page.evaluate("""async () => {
        const canvas = new OffscreenCanvas(40, 20);
        canvas.getContext("2d").fillRect(0, 0, 20, 20);  // its left half is black, the rest white
        const file = new File([await canvas.convertToBlob()], "half.png", { type: "image/png" });
        await widgets[0].take(file);
    }""")
    assert answer(page) != before
    first, *_, last = page.evaluate("[...state.entered.inputs.input]")
    assert (first, last) == (0, 255)


def test_the_card_shows_the_formula_and_the_window(lenet5):
    page = lenet5
    settled(page)
    unit = 3 * 100 + 4 * 10 + 7
    page.mouse.move(*centre_of(page, "conv2", unit))
    card = page.locator("#card")
    value = page.evaluate(f"digits(state.values.conv2[{unit}])")
    assert card.locator("h3").inner_text().replace("\n", " ") == f"conv2: channel 3, row 4, column 7 {value}"
    text = card.inner_text()
    assert "(146 more: " in text
    assert f" = {value}" in text
    assert "norm2: " in text
    assert "act2: tanh(" in text
    drawn = "(name) => columns.get(name).overlay.getImageData(0, 0, 500, 900).data.some((byte) => byte)"
    assert page.evaluate(drawn, "pool1")  # where it looks
    assert not page.evaluate(drawn, "act1")
    page.mouse.move(2, 2)
    assert card.is_hidden()
    assert not page.evaluate(drawn, "pool1")


def test_units_are_switched_off(lenet5):
    page = lenet5
    before = answer(page)
    page.mouse.click(*centre_of(page, "act2", 5 * 100 + 50))
    after = answer(page)
    assert after != before
    assert page.evaluate("state.values.act2.slice(500, 600).every((value) => value === 0)")
    assert page.locator("#state").inner_text() == "switched off: 1 of act2"
    page.locator('[data-name="conv1"] .off').click()
    assert page.locator('[data-name="conv1"] .off').get_attribute("aria-pressed") == "true"
    assert page.evaluate("state.values.conv1.every((value) => value === 0)")
    page.get_by_text("Switch all on").click()
    assert answer(page) == before


def test_the_keyboard_does_all(lenet5):
    page = lenet5
    settled(page)
    column = page.locator('[data-name="conv1"] .marks')
    column.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert "channel 0, row 1, column 1" in page.locator("#card h3").inner_text()
    page.keyboard.press("Enter")
    assert page.evaluate("network.isSilent('conv1', 0)")
    page.keyboard.press("Escape")
    assert page.locator("#card").is_hidden()
    page.locator("button.answer").nth(7).press("Enter")
    assert page.evaluate("asked()") == 7
    assert "“7”" in page.locator("#saliency").inner_text()
    page.get_by_role("button", name="Gradient", exact=True).press("Enter")
    assert page.evaluate("state.view") == "gradients"


def test_a_pixel_that_changes_reaches_as_far_as_its_windows(lenet5):
    page = lenet5
    settled(page)
    page.get_by_role("button", name="Change", exact=True).click()
    page.mouse.move(*centre_of(page, "input", 14 * 28 + 14))
    reached = "(name) => state.poked.values[name].filter((value, i) => value !== state.values[name][i]).length"
    assert page.evaluate(reached, "input") == 1
    assert 0 < page.evaluate(reached, "conv1") <= 6 * 25
    assert page.locator("#card").inner_text().count("inverted: ") == 1


def test_a_row_is_typed(browser, made, tmp_path):
    pytest.importorskip("polars")
    file = tables.write(tmp_path / "houses.csv", tables.without(tables.houses(150), "price"))
    with browser.open(made("table", *tables.TABLE, f"data.file={file}", "data.target=dear")) as page:
        before = answer(page)
        page.get_by_label("area").fill("15000")
        settled(page)
        least, most = page.evaluate("[PAGE.form.features[0].least, PAGE.form.features[0].most]")
        assert page.locator(".notes").inner_text() == f"area: the training had {least:g} to {most:g} only."
        page.locator('[data-name="input"] .marks').hover(position={"x": 3, "y": 3})
        mean, deviation = page.evaluate("[digits(PAGE.form.features[0].mean), digits(PAGE.form.features[0].deviation)]")
        assert f"(15000 − {mean}) / {deviation} = " in page.locator("#card").inner_text()
        page.get_by_label("area").fill("150")
        assert page.locator(".far").count() == 0
        assert page.evaluate("state.entered.row[0]") == 150
        assert answer(page) != before
        page.get_by_label("area").fill("")
        answer(page)
        assert page.evaluate("Number.isNaN(state.entered.row[0])")
        page.get_by_label("kind").select_option("loft")
        page.get_by_label("garden").select_option("yes")
        page.get_by_label("built").fill("1970-01-11")
        settled(page)
        assert page.evaluate("state.entered.row.slice(2, 3)") == [3]
        assert page.evaluate("state.entered.row.at(-1)") == 10
        page.locator(".example").nth(3).click()
        settled(page)
        assert page.get_by_label("rooms").input_value() == str(page.evaluate("examples[3].row[1]"))


def test_a_text_goes_on(browser, made, tmp_path):
    (tmp_path / "story.txt").write_text(STORY)
    overrides = ("model=char_mlp", "data=text", f"data.file={tmp_path / 'story.txt'}", "data.context=8")
    with browser.open(made("text", *overrides)) as page:
        page.locator("textarea").fill("the c")
        settled(page)
        first = page.evaluate("nextCharacter()")
        page.get_by_text("Add the likeliest").click()
        settled(page)
        assert page.evaluate("state.entered.text") == "the c" + first
        page.get_by_text("Let it write").click()
        page.wait_for_function("state.entered.text.length > 8")
        page.get_by_text("Stop").click()
        written = page.evaluate("state.entered.text")
        assert page.locator("textarea").input_value() == written
        assert {*written} <= {*STORY}


def test_each_character_is_coloured_by_what_it_counts(browser, made, tmp_path):
    (tmp_path / "story.txt").write_text(STORY)
    overrides = ("model=char_mlp", "data=text", f"data.file={tmp_path / 'story.txt'}", "data.context=8")
    with browser.open(made("text", *overrides)) as page:
        page.locator("textarea").fill("the\U0001f600c")
        settled(page)
        assert page.locator(".tiles").text_content() == "¶¶¶the\U0001f600c"
        assert page.locator(".tiles .filled").count() == 3
        assert "“\U0001f600”, taken for one unknown character" in page.locator("p.unknown").inner_text()
        weights = page.evaluate("[...characterWeights()]")
        found = page.evaluate("""(step) => {
            const output = asked(), codes = [...state.values.input], embedding = network.nodes[0];
            const { weight } = embedding.parameters, dim = embedding.shape[0];
            const before = state.values[network.output][output];
            return codes.slice(3).map((code) => {
                const row = weight.subarray(code * dim, (code + 1) * dim), kept = row.slice();
                row.forEach((value, i) => { row[i] = value * (1 + step); });
                const after = network.forward({ input: state.values.input })[network.output][output];
                row.set(kept);
                return (after - before) / step;
            });
        }""", 1e-6)  # fmt: skip
        np.testing.assert_allclose(weights[3:], found, rtol=1e-3, atol=1e-6)
        page.locator(".tiles span").nth(3).hover()
        card = page.locator("#card").inner_text()
        assert card.startswith("“t”, character 4")
        assert "a space instead: " in card


def test_a_point_moves(browser, made):
    with browser.open(made("moons", "model=mlp", "data=moons")) as page:
        before = answer(page)
        page.locator("canvas.pad").press("ArrowRight")
        assert answer(page) != before
        box = page.locator("canvas.pad").bounding_box()
        page.mouse.click(box["x"] + 20, box["y"] + 30)
        settled(page)
        low, high = page.evaluate("widgets[0].spans[0]")
        assert page.evaluate("state.entered.inputs.input[0]") == pytest.approx(low + (high - low) * 20 / 224, abs=0.02)


def test_numbers_are_typed(browser, made):
    with browser.open(made("shallow", "experiment=shallow_cnn")) as page:
        page.get_by_label("input, number 7").fill("2.5")
        settled(page)
        assert page.evaluate("state.values.input[7]") == 2.5


def test_two_inputs_are_typed(browser, tmp_path):
    layers = {
        "vector": {"_target_": "models.Embedding", "num_embeddings": 3, "embedding_dim": 3, "inputs": ["chosen"]},
        "picked": {"_target_": "models.Multiply", "inputs": ["values", "vector"]},
        "head": {"_target_": "models.Linear", "out_features": 2},
    }
    data = {"_target_": "tests.helpers.two_inputs.Chosen"}
    config = composed() | {"model": {"layers": layers}, "data": data, "allow": ("tests",)}
    network = load(make_run(tmp_path / "run", config=config), allow=["tests"])
    (tmp_path / "show.html").write_text(show_page(network), encoding="utf-8")
    with browser.open(tmp_path / "show.html") as page:
        settled(page)
        assert len(page.evaluate("examples")) == 20
        page.get_by_label("values, number 1").fill("-1.5")
        page.get_by_label("chosen, number 0").fill("2")
        found = answer(page)
        values = page.evaluate("[...state.values.values]")
        given = {"values": np.array([values], np.float32), "chosen": np.array([2])}
        np.testing.assert_allclose(found, network.predict(given)[0], rtol=1e-4)
        page.locator('[data-name="chosen"] .marks').press("ArrowDown")
        assert page.locator("#card h3").inner_text().startswith("chosen")


def test_a_phone_needs_no_scrolling_to_the_side(browser, made):
    options = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True, "is_mobile": True}
    with browser.open(made("resnet8", "model=resnet8"), **options) as page:
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.locator('[data-name="conv1"] .marks').tap(position={"x": 20, "y": 20})
        assert page.locator("#card").is_visible()
        assert not page.evaluate("network.isSilent('conv1', 0)")  # the first tap explains, the second switches off
        page.locator('[data-name="conv1"] .marks').tap(position={"x": 20, "y": 20})
        assert page.evaluate("network.isSilent('conv1', 0)")


def test_it_follows_a_run(browser, tmp_path):
    checkpoint = make_run(tmp_path / "run", "model=two_layer") / "checkpoints" / "best.safetensors"
    answers = routes(checkpoint)
    served = server.server(answers)
    thread = threading.Thread(target=served.serve_forever, args=(0.01,))
    thread.start()
    try:
        with browser.open(server.address(served)) as page:
            page.evaluate("clearTimeout(following)")
            before = answer(page)
            make_run(tmp_path / "run", "model=two_layer", "seed=1")
            page.evaluate("followRun()")
            assert page.evaluate("version") == json.loads(answers["/version"](b"")[1])["version"]
            assert answer(page) != before
    finally:
        served.shutdown()
        served.server_close()
        thread.join()
