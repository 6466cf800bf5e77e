"""How long the parts of a training step take."""

from collections import defaultdict
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from statistics import median
from time import perf_counter
from typing import Any

from trainer.models import Graph
from trainer.models.node import Node


class Stopwatch:
    """The times that functions take, by name."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = defaultdict(list)

    def watch(self, owner: object, method: str, name: str) -> None:
        """Time every call of a method of one object from now on."""
        function: Callable[..., Any] = getattr(owner, method)
        times = self.times[name]

        def timed(*arguments: Any, **options: Any) -> Any:
            began = perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                times.append(perf_counter() - began)

        setattr(owner, method, timed)

    def seconds(self, name: str, of: Callable[[list[float]], float] = median) -> float:
        """Return the median time of a name's calls, or another statistic `of` them; 0 if there were none."""
        return of(self.times[name]) if self.times[name] else 0.0

    def timed(self, graph: Graph) -> Graph:
        """Return the same graph, of which every forward and backward of a node is timed; see `passes`."""
        nodes = []
        for node in graph.nodes:
            layer = copy(node.layer)  # layers keep nothing of a step, so a copy does the same
            for method in ("forward", "backward"):
                self.watch(layer, method, f"{node.name} {method}")
            nodes.append(replace(node, layer=layer))
        return Graph(graph.inputs, nodes, graph.parameters, graph.outputs)

    def passes(self, node: Node, of: Callable[[list[float]], float] = median) -> tuple[float, float]:
        """Return the seconds that a node of `timed` takes, forward and backward; `of` as in `seconds`."""
        return self.seconds(f"{node.name} forward", of), self.seconds(f"{node.name} backward", of)

    def clear(self) -> None:
        """Forget the times so far, as after a warm-up."""
        for times in self.times.values():
            times.clear()
