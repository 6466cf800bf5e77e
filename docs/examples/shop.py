"""The price of some fruit, and what it would change by if an input changed: docs/scalar_graphs.md explains it."""

from pathlib import Path

import numpy as np
import yaml

from trainer import models
from trainer.ground.targets import maker


def from_code() -> models.Graph:
    """Apples alone, node by node."""
    builder = models.GraphBuilder({"count": (), "price": (), "tax": ()})
    builder.add("apples", models.Multiply(), ["count", "price"])
    builder.add("total", models.Multiply(), ["apples", "tax"])
    return builder.finish()


def from_config() -> models.Graph:
    """Apples and oranges, as shop.yaml wires them."""
    config = yaml.safe_load(Path(__file__).with_name("shop.yaml").read_text(encoding="utf-8"))
    return models.build(config["layers"], dict.fromkeys(config["inputs"], ()), maker(models.Layer))


def price(graph: models.Graph, **values: float) -> tuple[float, dict[str, float]]:
    """Return the output for these inputs, and its derivative with respect to each of them."""
    parameters = models.ParameterStore(graph.parameters, "float64")  # of Add and Multiply: none
    workspace = models.Workspace(graph, parameters, input_gradients=True)
    inputs = [np.array([values[name]]) for name in graph.inputs]  # a batch of one example, which is a number
    (total,) = graph.forward(workspace, *inputs)
    gradients = graph.backward(workspace, np.ones(1))
    return float(total), {name: float(dx[0]) for name, dx in zip(graph.inputs, gradients, strict=True)}


def show(graph: models.Graph, **values: float) -> None:
    total, gradients = price(graph, **values)
    print(f"total {total:g}")
    for name, gradient in gradients.items():
        print(f"  by {name:<12} {gradient:g}")


if __name__ == "__main__":
    show(from_code(), count=2, price=100, tax=1.1)
    show(from_config(), apple_count=2, apple_price=100, orange_count=3, orange_price=150, tax=1.1)
