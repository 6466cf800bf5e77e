"""Names in any script."""

import warnings

import pytest

from tests.helpers.figures import texts
from trainer.views import fonts, style


@pytest.fixture(autouse=True)
def _forgotten():
    """Tests change which fonts there are."""
    yield
    fonts._family.cache_clear()
    fonts._upright.cache_clear()


def only(monkeypatch, names):
    found = {name: files for name, files in fonts._upright().items() if name in names}
    monkeypatch.setattr(fonts, "_upright", lambda: found)
    return found


def test_what_no_font_has_is_a_box(monkeypatch):
    monkeypatch.setattr(fonts, "_upright", dict)
    fonts._family.cache_clear()
    assert style.plain("Größe ✗ 日本 $x$\n") == r"Größe ✗ □□ \$x\$⏎"
    assert style.plain(" ") == "␣"
    monkeypatch.undo()


def test_a_font_that_has_it_is_taken_also_for_bold_words(monkeypatch):
    files = only(monkeypatch, ["STIXGeneral"])["STIXGeneral"]  # which comes with matplotlib
    from matplotlib.font_manager import FontProperties, findfont

    own = fonts._characters(findfont(FontProperties()))
    code = min(frozenset.intersection(*map(fonts._characters, files)) - own)
    word = f"a{chr(code)}"
    figure = style.new_figure(3, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        style.headline(figure, style.plain(word), "plain words")
        title, subtitle = texts(figure)
    assert title.get_text() == word
    assert title.get_fontfamily() == ["sans-serif", "STIXGeneral"]
    assert subtitle.get_fontfamily() == ["sans-serif"]
    monkeypatch.undo()


def test_ticks_are_not_made_for_axes_that_show_none():
    figure = style.new_figure(3, 2)
    bare, plain = figure.subplots(1, 2)
    bare.set_axis_off()
    for axes in (bare, plain):
        axes.set_title("a title")
        assert "a title" in [text.get_text() for text in fonts._texts(axes)]
    assert len(vars(bare.xaxis)["majorTicks"]) == 1  # the one that matplotlib begins with
    assert len(vars(plain.xaxis)["majorTicks"]) > 1
