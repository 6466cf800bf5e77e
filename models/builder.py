"""From a configured stack of layers to a :class:`~models.graph.Graph`.

A stack is a mapping, name to layer, in order. A layer takes the output of the one before unless it names its
``inputs``, and has parameters of its own unless it names the layer that it is ``shared_with``. Shapes are inferred on
the way, so that no size is ever written twice and everything that does not fit is found before any data is read.
"""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from trainer.models.errors import GraphError
from trainer.models.graph import Graph
from trainer.models.initializers import Initializer
from trainer.models.layer import Layer, Parameter
from trainer.models.node import Input, Node
from trainer.models.shape import Shape, format_shape

Make = Callable[[Mapping[str, Any], str], "Layer | Composite"]


class Composite(ABC):
    """A named group of layers that the builder unfolds into nodes: Sequential, Residual, Repeat."""

    @abstractmethod
    def expand(self, scope: Scope, inputs: Sequence[str]) -> str:
        """Add the group's nodes to ``scope`` and give the name of the last one."""


def build(
    layers: Mapping[str, Any],
    inputs: Shape | Input | Mapping[str, Shape | Input],
    make: Make | None = None,
    initializer: Initializer | None = None,
    key: str = "model.layers",
    outputs: Sequence[str] | None = None,
) -> Graph:
    """The graph of a stack of layers.

    Args:
        layers: Name to layer, in order: a Layer, a Composite, or the mapping that declares one (``_target_``, options,
            ``inputs``, ``shared_with``).
        inputs: Shape of the network's input, or of each by its name; an Input, where they are no floats.
        make: Turns a declaration (without ``inputs`` and ``shared_with``) into a Layer or Composite, given its key.
        initializer: Initial values of the weights of layers that name none themselves.
        key: Where the stack stands in the configuration, for messages.
        outputs: Nodes whose outputs are the network's; None: the last one's alone.

    Raises:
        GraphError: A shape, name or wire does not fit; `key` says of which layer.
    """
    builder = GraphBuilder(inputs if isinstance(inputs, Mapping) else {"input": inputs}, initializer)
    Scope(builder, make, key=key).stack(layers, [next(iter(builder.inputs))])
    return builder.finish(key, outputs)


class GraphBuilder:
    """Adds nodes one by one. For graphs written in Python; a configuration goes through :func:`build`."""

    def __init__(self, inputs: Mapping[str, Shape | Input], initializer: Initializer | None = None) -> None:
        """``inputs``: the shape of each by its name, or an Input, where they are no floats."""
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
        """Add a node after checking that its inputs fit, and give its name.

        Args:
            name: Of the node.
            layer: What it computes.
            inputs: The nodes or inputs of the graph that it reads.
            key: Where it stands in the configuration, for messages.
            shared_with: A node whose parameters this one uses instead of parameters of its own; or, for some of its
                parameters by their short names, the full names of those it uses instead (weight tying).

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
            _check_arity(layer, inputs)
            output = layer.output_shape(*shapes)
            declared = layer.parameters(*shapes)
        except GraphError as error:
            origin = f" ({' and '.join(_origin(source, self.inputs) for source in inputs)})" if inputs else ""
            raise GraphError(f"{error.problem}{origin}", error.remedy, key) from None
        names = {short: f"{name}.{short}" for short in declared} | self._shared(layer, declared, shared_with, key)
        for short, parameter in declared.items():
            self._parameters.setdefault(names[short], parameter)
        self._nodes[name] = Node(name, layer, tuple(inputs), tuple(shapes), output, names, key)
        return name

    def _shared(
        self, layer: Layer, declared: Mapping[str, Parameter], shared_with: str | Mapping[str, str] | None, key: str
    ) -> dict[str, str]:
        """The full names of the parameters that a node uses instead of its own, by their short names."""
        key, kind = f"{key}.shared_with", type(layer).__name__
        if shared_with is None:
            return {}
        if not declared:
            raise GraphError(f"{kind} has no parameters", "leave out shared_with", key)
        if isinstance(shared_with, str):
            owner = self._nodes.get(shared_with)
            theirs = owner.parameters if owner else {}
            shared_with = {short: theirs.get(short, f"{shared_with}.{short}") for short in declared}
        for short, name in shared_with.items():
            if short not in declared:
                raise GraphError(f"{kind} has no parameter {short!r}", f"it has {', '.join(declared)}", key)
            if name not in self._parameters:
                known = ", ".join(self._parameters) or "none"
                raise GraphError(f"no layer before this one has {name!r}", f"there is {known}", key)
            mine, other = declared[short], self._parameters[name]
            if (mine.shape, mine.trainable) != (other.shape, other.trainable):
                sizes = f"{format_shape(other.shape)}, but {kind} needs {format_shape(mine.shape)} as its {short}"
                raise GraphError(f"{name} is {sizes}", "give both layers the same sizes", key)
        return dict(shared_with)

    def finish(self, key: str = "graph", outputs: Sequence[str] | None = None) -> Graph:
        """The graph.

        Args:
            key: Where it stands in the configuration, for messages.
            outputs: Nodes whose outputs are the network's; None: that of the node added last.

        Raises:
            GraphError: There is no node, no node of such a name, or one whose output nobody uses.
        """
        if not self._nodes:
            example = "head: {_target_: models.Linear, out_features: 10}"
            raise GraphError("has no layers", f"give at least one, e.g. {example}", key)
        outputs = [*self._nodes][-1:] if outputs is None else outputs
        for name in outputs:
            if name not in self._nodes:
                raise GraphError(f"no node {name!r} to be an output", f"choose from {', '.join(self._nodes)}", key)
        used = {source for node in self._nodes.values() for source in node.inputs}.union(outputs)
        for name in self.names:
            if name in self._nodes and name not in used:
                remedy = "name it among another node's inputs or remove it"
                raise GraphError("its output is used by no node", remedy, f"{key}.{name}")
            if name in self.inputs and name not in used and 0 not in self.shape(name):
                remedy = f"name it, as in inputs: [{name}], or take a model for such data, such as table_mlp for tables"
                raise GraphError(f"no layer reads the input {name!r}", remedy, key)
        return Graph(self.inputs, self._nodes.values(), self._parameters, outputs)


class Scope:
    """The place of a stack: which names it sees and which prefix its nodes get."""

    def __init__(self, builder: GraphBuilder, make: Make | None, prefix: str = "", key: str = "model.layers") -> None:
        self.builder, self.make, self.prefix, self.key = builder, make, prefix, key
        self._local: dict[str, str] = {}  # the names of this stack -> names of nodes

    def stack(self, layers: Mapping[str, Any], inputs: Sequence[str], name: str | None = None) -> str:
        """Add the layers one after the other, as a group of their own where ``name`` is given; the last node's name."""
        scope = self if name is None else Scope(self.builder, self.make, f"{self.prefix}{name}.", f"{self.key}.{name}")
        current = list(inputs)
        for local, declared in layers.items():
            current = [scope.place(local, declared, current)]
        return current[0]

    def place(self, name: str, declared: Any, previous: Sequence[str]) -> str:
        """Add one declared layer or composite after ``previous``, or after the inputs it names; its last node."""
        key = f"{self.key}.{name}"
        inputs, shared_with = previous, None
        if isinstance(declared, Mapping):
            options = {str(option): value for option, value in declared.items()}
            if (wanted := options.pop("inputs", None)) is not None:
                sources = [wanted] if isinstance(wanted, str) else wanted
                inputs = [self._find(source, f"{key}.inputs") for source in sources]
            if (owner := options.pop("shared_with", None)) is not None:
                shared_with = self._owner(owner, f"{key}.shared_with")
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
        """Add a node of the composite itself."""
        return self.builder.add(self.prefix + name, layer, inputs, f"{self.key}.{name}")

    def _owner(self, given: str | Mapping[str, str], key: str) -> str | dict[str, str]:
        """``shared_with`` with the names of nodes for those of this stack."""
        if isinstance(given, str):
            return self._find(given, key)
        if not isinstance(given, Mapping):
            raise GraphError(f"{given!r} is neither a layer nor a mapping", "write e.g. {weight: conv1.weight}", key)
        full = {}
        for short, name in given.items():
            layer, _, parameter = str(name).rpartition(".")
            full[str(short)] = f"{self._find(layer, key)}.{parameter}"
        return full

    def _find(self, name: str, key: str) -> str:
        known = {**{n: n for n in self.builder.names}, **self._local}
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            remedy = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(known)}"
            raise GraphError(f"no node {name!r} before this one", remedy, key)
        return known[name]


def _check_arity(layer: Layer, inputs: Sequence[str]) -> None:
    needed, kind = layer.inputs_required, type(layer).__name__
    if needed is None and len(inputs) < 2:
        raise GraphError(f"{kind} joins two or more inputs, got {len(inputs)}", "name them: inputs: [a, b]")
    if needed is not None and len(inputs) != needed:
        raise GraphError(f"{kind} takes {needed} input{'s' * (needed > 1)}, got {len(inputs)}", "change its inputs")


def _origin(source: str, inputs: Collection[str]) -> str:
    return "the network's input" if source in inputs and len(inputs) == 1 else f"from {source}"
