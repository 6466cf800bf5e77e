"""Building a :class:`~models.graph.Graph` from a configured stack of layers.

A stack is a mapping, name to layer, in order. A layer reads the output of the one before it, unless it names its
``inputs``, and has its own parameters unless it names the layer that it is ``shared_with``. Shapes are inferred on
the way, so that no size is ever written twice and everything that does not fit is found before any data is read.
"""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trainer.models.errors import GraphError
from trainer.models.graph import Graph
from trainer.models.initializers import Initializer
from trainer.models.layer import Layer, Parameter
from trainer.models.node import Input, Node
from trainer.models.shape import Shape
from trainer.models.sharing import owner_names, shared_names
from trainer.models.wiring import check_arity, check_uses, origin

Make = Callable[[Mapping[str, Any], str], "Layer | Composite"]


class Composite(ABC):
    """A named group of layers, such as Residual, which the builder unfolds into nodes."""

    @abstractmethod
    def expand(self, scope: Scope, inputs: Sequence[str]) -> str:
        """Add the group's nodes to ``scope`` and return the name of the last one."""


def build(
    layers: Mapping[str, Any],
    inputs: Shape | Input | Mapping[str, Shape | Input],
    make: Make | None = None,
    initializer: Initializer | None = None,
    key: str = "model.layers",
    outputs: Sequence[str] | None = None,
) -> Graph:
    """Return the graph of a stack of layers.

    Args:
        layers: Name to layer, in order: a Layer, a Composite, or the mapping that declares one (``_target_``, options,
            ``inputs``, ``shared_with``).
        inputs: Shape of the network's input, or of each by its name; an Input for one that is not of floats.
        make: Turns a declaration (without ``inputs`` and ``shared_with``) into a Layer or Composite, given its key.
        initializer: Initial weights for layers that do not name their own.
        key: The stack's place in the configuration, for messages.
        outputs: Nodes whose outputs are the network's; None: only the last one.

    Raises:
        GraphError: A shape, name or input does not fit; `key` says in which layer.
    """
    builder = GraphBuilder(inputs if isinstance(inputs, Mapping) else {"input": inputs}, initializer)
    Scope(builder, make, key=key).stack(layers, [next(iter(builder.inputs))])
    return builder.finish(key, outputs)


class GraphBuilder:
    """Adds nodes one by one, for graphs written in Python; :func:`build` is for configurations."""

    def __init__(self, inputs: Mapping[str, Shape | Input], initializer: Initializer | None = None) -> None:
        """Begin a graph with ``inputs``: the shape of each by its name, or an Input if it is not of floats."""
        self.inputs = {name: given if isinstance(given, Input) else Input(given) for name, given in inputs.items()}
        self.initializer = initializer
        self._nodes: dict[str, Node] = {}
        self._parameters: dict[str, Parameter] = {}

    @property
    def names(self) -> list[str]:
        return [*self.inputs, *self._nodes]

    def shape(self, name: str) -> Shape:
        return self._nodes[name].output_shape if name in self._nodes else self.inputs[name].shape

    def add(
        self,
        name: str,
        layer: Layer,
        inputs: Sequence[str],
        key: str | None = None,
        shared_with: str | Mapping[str, str] | None = None,
    ) -> str:
        """Add a node after checking that its inputs fit, and return its name.

        Args:
            name: The name of the node.
            layer: The layer that computes it.
            inputs: The nodes or inputs of the graph that it reads.
            key: Its place in the configuration, for messages.
            shared_with: A node whose parameters this one uses instead of its own; or, for some of its parameters by
                their short names, the full names of those it uses instead (weight tying).

        Raises:
            GraphError: An input, a name or a shared parameter does not fit.
        """
        key = key or name
        if name in self.names:
            raise GraphError(f"the name {name!r} is already taken", "choose another", key)
        shapes = [self.shape(source) for source in inputs]
        if self.initializer is not None and getattr(layer, "initializer", self) is None:
            layer.initializer = self.initializer
        try:
            check_arity(layer, inputs)
            output = layer.output_shape(*shapes)
            declared = layer.parameters(*shapes)
        except GraphError as error:
            raise GraphError(f"{error.problem}{origin(inputs, self.inputs)}", error.remedy, key) from None
        names = {short: f"{name}.{short}" for short in declared}
        if shared_with is not None:
            kind, place = type(layer).__name__, f"{key}.shared_with"
            names |= shared_names(shared_with, kind, declared, self._nodes, self._parameters, place)
        for short, parameter in declared.items():
            self._parameters.setdefault(names[short], parameter)
        self._nodes[name] = Node(name, layer, tuple(inputs), tuple(shapes), output, names, key)
        return name

    def finish(self, key: str = "graph", outputs: Sequence[str] | None = None) -> Graph:
        """Return the graph.

        Args:
            key: Its place in the configuration, for messages.
            outputs: Nodes whose outputs are the network's; None: only the node added last.

        Raises:
            GraphError: There is no node, a named one is missing, or the output of one is not used.
        """
        if not self._nodes:
            example = "head: {_target_: models.Linear, out_features: 10}"
            raise GraphError("has no layers", f"give at least one, e.g. {example}", key)
        outputs = [*self._nodes][-1:] if outputs is None else outputs
        for name in outputs:
            if name not in self._nodes:
                raise GraphError(f"no node {name!r} to be an output", f"choose from {', '.join(self._nodes)}", key)
        check_uses(self.inputs, self._nodes, outputs, key)
        return Graph(self.inputs, self._nodes.values(), self._parameters, outputs)


class Scope:
    """The scope of a stack: the names that it sees and the prefix of its nodes."""

    def __init__(self, builder: GraphBuilder, make: Make | None, prefix: str = "", key: str = "model.layers") -> None:
        self.builder, self.make, self.prefix, self.key = builder, make, prefix, key
        self._local: dict[str, str] = {}  # the names of this stack -> names of nodes

    def stack(self, layers: Mapping[str, Any], inputs: Sequence[str], name: str | None = None) -> str:
        """Add layers one after another, as a group if ``name`` is given, and return the last node's name."""
        scope = self if name is None else Scope(self.builder, self.make, f"{self.prefix}{name}.", f"{self.key}.{name}")
        current = list(inputs)
        for local, declared in layers.items():
            current = [scope.place(local, declared, current)]
        return current[0]

    def place(self, name: str, declared: Any, previous: Sequence[str]) -> str:
        """Add a layer or composite after ``previous``, or the inputs that it names, and return its last node."""
        key = f"{self.key}.{name}"
        inputs, shared_with = previous, None
        if isinstance(declared, Mapping):
            options = {str(option): value for option, value in declared.items()}
            if (wanted := options.pop("inputs", None)) is not None:
                sources = [wanted] if isinstance(wanted, str) else wanted
                inputs = [self._find(source, f"{key}.inputs") for source in sources]
            if (owner := options.pop("shared_with", None)) is not None:
                shared_with = owner_names(owner, self._find, f"{key}.shared_with")
            if self.make is None:
                raise GraphError("is a declaration, but this builder was given no way to make layers", key=key)
            declared = self.make(options, key)
        if isinstance(declared, Composite):
            if shared_with is not None:
                problem = "only a single layer shares parameters"
                raise GraphError(problem, "name the layers inside", f"{key}.shared_with")
            output = declared.expand(Scope(self.builder, self.make, f"{self.prefix}{name}.", key), inputs)
        elif isinstance(declared, Layer):
            output = self.builder.add(self.prefix + name, declared, inputs, key, shared_with)
        else:
            raise GraphError(f"is not a layer but {declared!r}", "declare it as {_target_: models.Linear, ...}", key)
        self._local[name] = output
        return output

    def add(self, name: str, layer: Layer, inputs: Sequence[str]) -> str:
        """Add a node of the composite itself and return its name."""
        return self.builder.add(self.prefix + name, layer, inputs, f"{self.key}.{name}")

    def _find(self, name: str, key: str) -> str:
        known = {**{n: n for n in self.builder.names}, **self._local}
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            remedy = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(known)}"
            raise GraphError(f"no node {name!r} before this one", remedy, key)
        return known[name]
