"""Checks of a network's wiring, and of the arrays that layers return."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from trainer.models.errors import GraphError
from trainer.models.layer import Layer, Parameter
from trainer.models.node import Input, Node
from trainer.models.shape import Shape, format_shape


def check_arity(layer: Layer, inputs: Sequence[str]) -> None:
    """Raise GraphError unless a layer accepts this number of inputs."""
    needed, kind = layer.inputs_required, type(layer).__name__
    if needed is None and len(inputs) < 2:
        raise GraphError(f"{kind} joins two or more inputs, got {len(inputs)}", "name them: inputs: [a, b]")
    if needed is not None and len(inputs) != needed:
        raise GraphError(f"{kind} takes {needed} input{'s' * (needed > 1)}, got {len(inputs)}", "change its inputs")


def check_uses(inputs: Mapping[str, Input], nodes: Mapping[str, Node], outputs: Collection[str], key: str) -> None:
    """Raise GraphError for a node or an input that no node reads; `key` is the stack's place in the configuration."""
    used = {source for node in nodes.values() for source in node.inputs}.union(outputs)
    for name, given in inputs.items():
        if name not in used and 0 not in given.shape:
            remedy = f"name it, as in inputs: [{name}], or take a model for such data, such as table_mlp for tables"
            raise GraphError(f"no layer reads the input {name!r}", remedy, key)
    for name in nodes:
        if name not in used:
            remedy = "name it among another node's inputs or remove it"
            raise GraphError("its output is used by no node", remedy, f"{key}.{name}")


def check_types(integers: Mapping[str, np.dtype | str], inputs: Mapping[str, np.ndarray]) -> None:
    """Raise GraphError unless integers come as integers; floats could not represent all of them.

    Args:
        integers: The type of each input that is not of floats, by name.
        inputs: All inputs of a batch.
    """
    for name, wanted in integers.items():
        if inputs[name].dtype != wanted:
            problem = f"{name}: the input has type {inputs[name].dtype}, not {wanted}"
            raise GraphError(problem, f"give an array of {wanted}")


def output_shape(node: Node, shapes: Sequence[Shape], parameters: Mapping[str, Parameter]) -> Shape:
    """Return the output shape of a layer for input shapes that may differ from those it was built for.

    Args:
        node: The layer's node.
        shapes: The shapes of one example of each of its inputs.
        parameters: The network's parameters, by full name.

    Raises:
        GraphError: The layer or its parameters do not fit them.
    """
    if tuple(shapes) == node.input_shapes:
        return node.output_shape
    try:
        output, needed = node.layer.output_shape(*shapes), node.layer.parameters(*shapes)
    except GraphError as error:
        raise GraphError(f"{node.name}: {error.problem}", error.remedy) from None
    if any(parameters[node.parameters[short]].shape != p.shape for short, p in needed.items()):
        built, given = (" and ".join(map(format_shape, each)) for each in (node.input_shapes, shapes))
        raise GraphError(f"{node.name}: its parameters are for an input of {built}, got {given}", "use that shape")
    return output


def additions(nodes: Sequence[Node], parameters: Mapping[str, Parameter]) -> dict[str, frozenset[str]]:
    """Return for each node, by name, the short names of parameters whose gradient it adds to that of other nodes.

    The last node that uses a parameter, which backward meets first, writes its gradient; the others add theirs. The
    gradient of a frozen parameter is not read, so nothing is added to it.
    """
    adds, begun = {}, set()
    for node in reversed(nodes):
        shared = []
        for short, name in node.parameters.items():
            shared += [short] if name in begun and not parameters[name].frozen else []
            begun.add(name)
        adds[node.name] = frozenset(shared)
    return adds


def origin(sources: Sequence[str], inputs: Collection[str]) -> str:
    """Return where the inputs of a node come from, as the end of a message: " (the network's input)"."""
    if not sources:
        return ""
    alone = len(inputs) == 1
    named = ("the network's input" if alone and source in inputs else f"from {source}" for source in sources)
    return f" ({' and '.join(named)})"


def method_name(node: Node, method: str) -> str:
    """Return a method of a node's layer as messages call it: "Linear.forward"."""
    return f"({node.label}).{method}" if node.parts else f"{node.kind}.{method}"


def misfit(node: Node, method: str, what: str, given: object, shape: Shape, dtype: np.dtype) -> GraphError:
    """Return the error for a layer's result that is not an array of this shape and type."""
    if isinstance(given, np.ndarray):
        found = f"has shape {given.shape} and type {given.dtype}"
    else:
        found = "is missing" if given is None else f"is not an array but {type(given).__name__}"
    zeros = "; zeros stop a gradient" if method == "backward" and given is None else ""
    problem = f"{method_name(node, method)}: the {what} {found}"
    return GraphError(problem, f"return shape {shape} and type {dtype}{zeros}", node.key or node.name)
