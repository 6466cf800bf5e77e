"""Parameters that several nodes use (weight tying): the meaning of a layer's ``shared_with``, and its checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trainer.models.errors import GraphError
from trainer.models.layer import Parameter
from trainer.models.node import Node
from trainer.models.shape import format_shape


def owner_names(given: object, find: Callable[[str, str], str], key: str) -> str | dict[str, str]:
    """Return ``shared_with``, with names of a stack replaced by names of nodes.

    Args:
        given: The name of a layer, or ``layer.parameter`` for parameters by their short names.
        find: Returns the node of a layer's name, given a key for the GraphError if there is none.
        key: Its place in the configuration, for messages.

    Raises:
        GraphError: There is no such layer, or `given` has neither form.
    """
    if isinstance(given, str):
        return find(given, key)
    if not isinstance(given, Mapping):
        raise GraphError(f"{given!r} is neither a layer nor a mapping", "write e.g. {weight: conv1.weight}", key)
    full = {}
    for short, name in given.items():
        layer, _, parameter = str(name).rpartition(".")
        full[str(short)] = f"{find(layer, key)}.{parameter}"
    return full


def shared_names(
    shared_with: str | Mapping[str, str],
    kind: str,
    declared: Mapping[str, Parameter],
    nodes: Mapping[str, Node],
    parameters: Mapping[str, Parameter],
    key: str,
) -> dict[str, str]:
    """Return the full names of the parameters that a layer uses instead of its own, by their short names.

    Args:
        shared_with: As `GraphBuilder.add` takes it.
        kind: The layer's class, for messages.
        declared: Its parameters.
        nodes: Those before it, by name.
        parameters: Theirs, by full name.
        key: Its place in the configuration, for messages.

    Raises:
        GraphError: There is no such parameter, or it has another shape.
    """
    if not declared:
        raise GraphError(f"{kind} has no parameters", "leave out shared_with", key)
    if isinstance(shared_with, str):
        theirs = nodes[shared_with].parameters if shared_with in nodes else {}
        shared_with = {short: theirs.get(short, f"{shared_with}.{short}") for short in declared}
    for short, name in shared_with.items():
        if short not in declared:
            raise GraphError(f"{kind} has no parameter {short!r}", f"it has {', '.join(declared)}", key)
        if name not in parameters:
            known = ", ".join(parameters) or "none"
            raise GraphError(f"no layer before this one has {name!r}", f"there is {known}", key)
        mine, other = declared[short], parameters[name]
        if (mine.shape, mine.trainable) != (other.shape, other.trainable):
            sizes = f"{format_shape(other.shape)}, but {kind} needs {format_shape(mine.shape)} as its {short}"
            raise GraphError(f"{name} is {sizes}", "give both layers the same sizes", key)
    return dict(shared_with)
