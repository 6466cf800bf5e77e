"""Drawings of networks and of computations."""

import re
from io import BytesIO

import numpy as np
import pytest

from trainer.models import BatchNorm, Conv2d, Flatten, Linear, ReLU, Residual, Sequential, build
from trainer.models.autograd import Variable, grad, to_dot
from trainer.models.autograd import functions as F  # noqa: N812
from trainer.views.graph import dot, draw_variables


@pytest.fixture
def network():
    body = {"conv": Conv2d(2, 3, padding=1), "norm": BatchNorm()}
    return build(
        {
            "stem": Sequential({"conv": Conv2d(2, 3), "act": ReLU()}),
            "block": Residual(body),
            "flat": Flatten(),
            "head": Linear(10),
        },
        (1, 8, 8),
    )


def texts(figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts if text.get_text()]


def pixels(figure) -> np.ndarray:
    from matplotlib.image import imread

    stream = BytesIO()
    figure.savefig(stream, format="png")
    stream.seek(0)
    return imread(stream)


def test_a_network_as_dot(network):
    text = dot(network)
    assert text.startswith("digraph {\n")
    assert text.endswith("}\n")
    nodes = re.findall(r'^  (\d+) \[label="(.*?)", fillcolor="#\w{6}"\]$', text, re.M)
    assert [int(place) for place, _ in nodes] == list(range(len(network.nodes) + 1))
    assert nodes[1][1] == r"stem.conv\nConv2d  2×6×6  20 parameters"
    places = {label.split(r"\n")[0]: place for place, label in nodes}
    arrows = re.findall(r"^  (\d+) -> (\d+)$", text, re.M)
    assert len(arrows) == sum(len(node.inputs) for node in network.nodes)
    for node in network.nodes:
        assert [(places[source], places[node.name]) in arrows for source in node.inputs] == [True] * len(node.inputs)


def test_a_computation_as_dot():
    x = Variable(np.ones((2, 3), np.float32), name='a "quoted" x')
    y = (x**2).sum()
    assert to_dot(y) == (
        "digraph {\n"
        '  node [shape=box, style=filled, fontname="Helvetica"]\n'
        '  0 [label="a \\"quoted\\" x\\n2×3 float32", fillcolor="#eaeef2", shape=ellipse]\n'
        '  1 [label="Pow 2", fillcolor="#ffffff"]\n'
        '  2 [label="2×3 float32", fillcolor="#b6dcfe", shape=ellipse]\n'
        '  3 [label="Sum", fillcolor="#ffffff"]\n'
        '  4 [label="6", fillcolor="#b6dcfe", shape=ellipse]\n'
        "  0 -> 1\n  1 -> 2\n  2 -> 3\n  3 -> 4\n"
        "}\n"
    )


def test_the_second_derivative_of_tanh_is_drawn():
    x = Variable(1.0, name="x")
    (first,) = grad(F.tanh(x), [x], create_graph=True)
    (second,) = grad(first, [x], create_graph=True)
    figure = draw_variables(second)
    assert {"x", "Tanh", "Mul", "Sub", "-0.6397"} <= set(texts(figure))
    assert pixels(figure).shape[0] > 500


def test_a_variable_alone_is_drawn():
    assert texts(draw_variables(Variable(2.0, name="a"))) == ["a", "2"]
    assert to_dot(Variable(2.0, name="a")).count("\n") == 4
