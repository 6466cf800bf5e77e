"""The picture `maps` of a run; see also tests/trainer/views/test_maps.py."""

from tests.helpers.figures import assert_readable
from tests.helpers.runs import TINY, make_run
from trainer.views.plots.maps import draw
from trainer.views.subject import Subject


def test_it_is_named_and_sized(tmp_path):
    figure = draw(Subject(make_run(tmp_path, *TINY)))
    title, size = (text.get_text() for text in figure.texts)
    assert title == "a network on Digits, seed 0"
    assert size.endswith(" parameters")
    assert_readable(figure)
