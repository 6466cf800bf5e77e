"""The drawing of a network."""

import pytest

from tests.helpers.figures import assert_readable, texts
from tests.helpers.runs import composed
from trainer.engine.setup import Setup
from trainer.views.folding import folded
from trainer.views.network import draw_graph

SHIPPED = ("lenet5", "resnet20", "vgg_small", "deep_mlp")
LARGEST = pytest.param("resnet20", marks=pytest.mark.slow)


@pytest.fixture(scope="module")
def networks():
    return {name: Setup(composed(f"model={name}")).graph for name in SHIPPED}


def words(figure):
    return [text.get_text() for text in texts(figure)]


def test_names_kernels_shapes_and_parameters_are_on_it(networks):
    found = words(draw_graph(networks["lenet5"], "lenet5 on digits", "61,838 parameters"))
    assert {"lenet5 on digits", "conv2", "Conv2d 5×5", "MaxPool2d 2×2", "16×5×5", "2,432 param.", "Tanh"} <= {*found}


def test_repeated_blocks_are_folded(networks):
    found = words(draw_graph(networks["resnet20"]))
    assert [word for word in found if word.startswith("×")] == ["×3", "×2", "×2"]
    assert found.count("conv2") == 5


@pytest.mark.parametrize("name", ["lenet5", LARGEST, "vgg_small", "deep_mlp"])
def test_it_fits_a_slide_and_can_be_read(name, networks):
    """At 1280×720 every text is at least 9 pixels high, and more where there is less to show."""
    figure = draw_graph(networks[name], name, "so many parameters")
    assert_readable(figure)
    width, height = figure.get_size_inches()
    scale = min(1280 / width, 720 / height)
    smallest = min(text.get_fontsize() for text in texts(figure)) * scale / 72
    assert smallest > (9 if name == "resnet20" else 13)
    assert width > height


@pytest.mark.parametrize("name", ["lenet5", LARGEST])
def test_texts_lie_in_their_boxes(name, networks):
    figure = draw_graph(networks[name])
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    boxes = [patch.get_window_extent(renderer) for patch in figure.axes[0].patches if hasattr(patch, "get_boxstyle")]
    for text in texts(figure):
        if text.get_ha() != "center":  # the names of blocks stand above them
            continue
        at = text.get_window_extent(renderer)
        assert any(b.x0 <= at.x0 and at.x1 <= b.x1 and b.y0 <= at.y0 and at.y1 <= b.y1 for b in boxes), text.get_text()


def test_boxes_do_not_overlap_and_shortcuts_are_drawn(networks):
    figure = draw_graph(networks["resnet20"])
    figure.canvas.draw()
    patches = figure.axes[0].patches
    boxes = [patch.get_extents() for patch in patches if hasattr(patch, "get_boxstyle") and patch.get_zorder() == 2]
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:number])
    arrows = [patch for patch in patches if hasattr(patch, "get_arrowstyle")]
    assert len(arrows) == len(folded(networks["resnet20"]).edges) > 25
