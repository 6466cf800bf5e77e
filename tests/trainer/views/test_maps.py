"""The drawing of a network as maps."""

import pytest

from tests.helpers.figures import assert_readable, texts
from tests.helpers.runs import composed
from trainer.engine.setup import Setup
from trainer.models import Input, Multiply
from trainer.models.builder import GraphBuilder
from trainer.views.folding import folded
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


@pytest.mark.parametrize("name", [pytest.param("resnet20", marks=pytest.mark.slow), "vgg_small"])
def test_it_fits_a_slide_and_can_be_read(name):
    """At 1280×720 every text is at least 9 pixels high."""
    figure = draw_maps(Setup(composed(f"model={name}")).graph, name)
    assert_readable(figure)
    width, height = figure.get_size_inches()
    assert min(text.get_fontsize() for text in texts(figure)) * min(1280 / width, 720 / height) / 72 > 9


def test_every_shorter_path_is_drawn_to_a_sign_and_repeated_blocks_once():
    graph = Setup(composed("model=resnet20")).graph
    figure = draw_maps(graph)
    found = [text.get_text() for text in texts(figure)]
    assert found.count("+") == 5
    assert [word for word in found if word.startswith("×")] == ["×3", "×2", "×2"]
    arrows = [patch for patch in figure.axes[0].patches if hasattr(patch, "get_arrowstyle")]
    assert len(arrows) == len(folded(graph, by_shape=True).edges) > 25


def test_a_join_has_a_sign_and_a_number_is_small():
    builder = GraphBuilder({"price": Input(()), "count": Input(())})
    builder.add("total", Multiply(), ["price", "count"])
    figure = draw_maps(builder.finish("model"))
    found = [text.get_text() for text in texts(figure)]
    assert {"price", "count", "total", "×", "scalar"} == {*found}
    assert figure.get_figheight() < 3
    assert_readable(figure)
