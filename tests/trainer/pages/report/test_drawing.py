"""The network as a drawing."""

from dataclasses import replace
from xml.etree import ElementTree

from tests.helpers.runs import composed
from trainer.engine.setup import Setup
from trainer.pages.report import drawing
from trainer.pages.report.drawing import network
from trainer.views.folding import Unit, folded
from trainer.views.network import Box

LARGEST = 100 << 10


def svg_of(section) -> ElementTree.Element:
    return ElementTree.fromstring(section.body[section.body.index("<svg") : section.body.index("</svg>") + 6])


def test_every_layer_with_its_shape_and_parameters(digits):
    section = network(digits)
    words = [element.text for element in svg_of(section).iter("text")]
    assert {"fc1", "head", "Linear", "BatchNorm", "ReLU", "16"} <= {*words}
    assert len(section.body) < LARGEST


def test_repeated_blocks_are_drawn_once_and_every_path_with_its_arrow(digits):
    graph = Setup(composed("model=resnet20")).graph
    found = svg_of(network(replace(digits, network=type("Known", (), {"graph": graph}))))
    assert [element.text for element in found.iter("tspan")] == ["×3 ", "×2 ", "×2 "]
    paths = [element for element in found.iter("path") if element.get("class") == "edge"]
    assert len(paths) == len(folded(graph).edges)
    width, height = float(found.get("width")), float(found.get("height"))
    for box in found.iter("rect"):
        left, top, wide, high = (float(box.get(name)) for name in ("x", "y", "width", "height"))
        assert left >= 0 <= top
        assert left + wide <= width
        assert top + high <= height


def test_there_is_none_of_what_is_not_known_or_cannot_be_read(digits, monkeypatch):
    assert network(replace(digits, network=None)) is None
    monkeypatch.setattr(drawing, "MOST_BOXES", 2)
    assert network(digits) is None


def test_names_of_layers_stay_text():
    drawn = drawing._box(Box(Unit("plain"), "<b>", [r"<i>\$"]), 1, -1)
    assert [element.text for element in ElementTree.fromstring(f"<g>{drawn}</g>").iter("text")] == ["<b>", "<i>$"]
