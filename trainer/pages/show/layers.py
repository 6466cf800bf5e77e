"""A network as data: its layers, which JavaScript computes, and its weights."""

from typing import Any

from trainer import models
from trainer.ground.errors import ExportError
from trainer.models.node import Node
from trainer.pages.show.arrays import packed
from trainer.pages.show.formula import tree

OPTIONS: dict[type, tuple[str, ...]] = {
    models.Linear: (),
    models.Conv2d: ("kernel_size", "stride", "padding", "dilation"),
    models.MaxPool2d: ("kernel_size", "stride", "padding"),
    models.AvgPool2d: ("kernel_size", "stride", "padding", "count_include_pad"),
    models.GlobalAvgPool: (),
    models.BatchNorm: ("eps",),
    models.ReLU: (),
    models.LeakyReLU: ("negative_slope",),
    models.Tanh: (),
    models.Sigmoid: (),
    models.ELU: ("alpha",),
    models.Softplus: (),
    models.SiLU: (),
    models.GELU: (),
    models.Softmax: (),
    models.Dropout: (),
    models.Flatten: (),
    models.Add: (),
    models.Multiply: (),
    models.Concatenate: (),
    models.Embedding: (),
    models.Embeddings: ("embedding_dim",),
}
"""The layers of trainer/pages/assets/show/layers/, with the options that their arithmetic needs."""


def described(graph: models.Graph) -> dict[str, Any]:
    """Return a network as `Network` in network.js takes it: the layers as they were declared, before any fusion.

    Raises:
        ExportError: It has a layer that the page cannot compute.
        GraphError: It has several outputs.
    """
    graph.output_shape  # noqa: B018  the page shows one answer
    nodes = [
        {
            "name": node.name,
            "kind": type(node.layer).__name__,
            "inputs": node.inputs,
            "from": node.input_shapes,
            "shape": node.output_shape,
            "parameters": dict(node.parameters),
            "options": _options(node),
        }
        for node in graph.layers
    ]
    inputs = [{"name": name, "shape": given.shape} for name, given in graph.inputs.items()]
    return {"inputs": inputs, "nodes": nodes, "output": graph.outputs[0]}


def weights(parameters: models.ParameterStore) -> dict[str, dict[str, str]]:
    """Return every parameter by its full name, in PyTorch's layout, as float32."""
    return {name: packed(parameters[name]) for name in parameters}


def _options(node: Node) -> dict[str, Any]:
    layer = node.layer
    if type(layer) is models.Expression:
        options = {"names": layer.names, "scalars": [*layer.scalars], "channels": [*layer.channels]}
        return {"formula": layer.formula.text, "tree": tree(layer.formula), **options}
    if type(layer) not in OPTIONS:  # a subclass may compute something else
        package = type(layer).__module__.partition(".")[0]
        raise ExportError(
            f"{node.name}: the page cannot compute your own layer, {type(layer).__name__}; write it as a formula, "
            f"models.Expression, or follow an example with trainer explain RUN --example 0 --allow {package}"
        )
    return {name: getattr(layer, name) for name in OPTIONS[type(layer)]}
