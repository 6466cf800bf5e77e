"""The drawing of a network as maps."""

import pytest

from tests.helpers.figures import assert_readable, texts
from tests.helpers.runs import composed
from trainer.engine.setup import Setup
from trainer.views.maps import draw_maps


def test_lenet_as_it_was_first_drawn():
    figure = draw_maps(Setup(composed("model=lenet5")).graph, "lenet5 on digits", "61,838 parameters")
    found = [text.get_text() for text in texts(figure)]
    for size in ("1 @ 28×28", "6 @ 28×28", "6 @ 14×14", "16 @ 10×10", "16 @ 5×5", "120 @ 1×1", "84", "10"):
        assert size in found
    assert_readable(figure)
    width, height = figure.get_size_inches()
    assert width / height >= 16 / 9
    assert width * 150 < 1.3 * 1280  # so that a slide shows text of 7 points 11 pixels high


@pytest.mark.parametrize("name", ["resnet20", "mlp", "vgg_small"])
def test_every_text_can_be_read(name):
    assert_readable(draw_maps(Setup(composed(f"model={name}")).graph, name))


def test_a_shorter_path_is_drawn_above():
    figure = draw_maps(Setup(composed("model=resnet8")).graph)
    assert len([line for line in figure.axes[0].lines if len(line.get_xdata()) == 3]) == 3
