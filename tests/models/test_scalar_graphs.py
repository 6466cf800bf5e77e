"""Graphs of numbers: the textbooks' shop, wired by code and by configuration."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from trainer import models
from trainer.ground.targets import maker

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def shop():
    spec = importlib.util.spec_from_file_location("shop", DOCS / "examples" / "shop.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_apples(shop):
    total, gradients = shop.price(shop.from_code(), count=2, price=100, tax=1.1)
    assert total == pytest.approx(220)
    assert gradients == pytest.approx({"count": 110, "price": 2.2, "tax": 200})


def test_apples_and_oranges(shop):
    values = {"apple_count": 2, "apple_price": 100, "orange_count": 3, "orange_price": 150, "tax": 1.1}
    total, gradients = shop.price(shop.from_config(), **values)
    assert total == pytest.approx(715)
    expected = {"apple_count": 110, "apple_price": 2.2, "orange_count": 165, "orange_price": 3.3, "tax": 650}
    assert gradients == pytest.approx(expected)


def test_the_page_shows_what_the_example_prints(shop, capsys):
    shop.show(shop.from_code(), count=2, price=100, tax=1.1)
    shop.show(shop.from_config(), apple_count=2, apple_price=100, orange_count=3, orange_price=150, tax=1.1)
    assert capsys.readouterr().out in (DOCS / "scalar_graphs.md").read_text(encoding="utf-8")


def test_an_input_may_be_used_twice():
    """y = (x + b) · x: dy/dx = 2 x + b comes along both ways."""
    builder = models.GraphBuilder({"x": (), "b": ()})
    builder.add("sum", models.Add(), ["x", "b"])
    builder.add("y", models.Multiply(), ["sum", "x"])
    graph = builder.finish()
    workspace = models.Workspace(graph, models.ParameterStore(graph.parameters, "float64"), input_gradients=True)
    x, b = np.array([3.0, -1.0, 0.5]), np.array([2.0, 4.0, 0.0])
    np.testing.assert_allclose(graph.forward(workspace, x, b), (x + b) * x)
    dx, db = graph.backward(workspace, np.ones(3))
    np.testing.assert_allclose(dx, 2 * x + b)
    np.testing.assert_allclose(db, x)


def test_mistakes_in_the_wiring_are_named():
    apples = {"_target_": "models.Multiply", "inputs": ["count", "prise"]}
    with pytest.raises(models.GraphError, match=r"apples\.inputs: no node 'prise' .*; did you mean 'price'"):
        models.build({"apples": apples}, {"count": (), "price": ()}, maker(models.Layer))
    apples = {"_target_": "models.Multiply", "inputs": ["count", "price"]}
    with pytest.raises(models.GraphError, match=r"no layer reads the input .tax.; name it"):
        models.build({"apples": apples}, {"count": (), "price": (), "tax": ()}, maker(models.Layer))
