"""The same network in PyTorch, from the description of ours (`benchmarks.jobs.describe`)."""

import math
import operator
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import torch
from torch import fx, nn
from torch.nn import functional

from benchmarks.contestants.torch_formula import NEVER_LINEAR, Formula

SAME_NAME = ("MaxPool2d", "AvgPool2d", "Dropout", "ReLU", "LeakyReLU", "Tanh", "Sigmoid", "ELU", "SiLU")


def torch_twin(nodes: Sequence[Mapping[str, Any]]) -> fx.GraphModule:
    """Return a module whose code spells out the network line by line.

    Its parameters have our full names and layout, and are zero until `load_weights`. A parameter exists once, however
    many nodes use it. A node whose description names no parameters has its own, NAME.weight and so on.

    Raises ValueError for a layer without a counterpart.
    """
    twin = _Twin()
    for node in nodes:
        twin.add(node)
    return twin.finish()


def load_weights(twin: nn.Module, weights: Mapping[str, np.ndarray]) -> None:
    """Copy our parameters into a twin by name. Raises KeyError if the names differ."""
    own = twin.state_dict()
    if own.keys() != set(weights):
        raise KeyError(f"parameters of one network only: {sorted(own.keys() ^ set(weights))}")
    with torch.no_grad():
        for name, value in own.items():
            value.copy_(torch.from_numpy(weights[name]))


def set_dropout(twin: nn.Module, active: bool) -> None:
    """Switch only dropout on or off in a module that trains."""
    for module in twin.modules():
        if isinstance(module, nn.Dropout):
            module.train(active)


class _Twin:
    """The code written so far, and the modules and parameters that it names."""

    def __init__(self) -> None:
        self.graph, self.values, self.named = fx.Graph(), {}, {}

    def add(self, node: Mapping[str, Any]) -> None:
        inputs, options = [self.values[source] for source in node["inputs"]], node["options"]
        match node["type"]:
            case "Input":
                value = self.graph.placeholder(node["name"])
            case "Add":
                value = reduce(lambda a, b: self.graph.call_function(operator.add, (a, b)), inputs)
            case "Multiply":
                value = reduce(lambda a, b: self.graph.call_function(operator.mul, (a, b)), inputs)
            case "Concatenate":
                value = self.graph.call_function(torch.cat, (inputs, 1))
            case "Flatten":
                value = self.graph.call_function(torch.flatten, (inputs[0], 1))
            case "GlobalAvgPool":
                value = self.graph.call_method("mean", (inputs[0], (2, 3)))
            case "Linear":
                value = self._linear(node, *inputs, **options)
            case "Conv2d":
                value = self._conv2d(node, *inputs, **options)
            case "BatchNorm":
                channels = node["shapes"][0][:1]
                learned = self._parameters(node, ("weight", "bias"), channels)
                running = self._parameters(node, ("running_mean", "running_var"), channels, learned=False)
                value = self._call(node, _BatchNorm(**options), [*inputs, *learned, *running])
            case "Expression":
                value = self._expression(node, inputs, **options)
            case kind:
                value = self._call(node, _module(kind, options), inputs)
        self.values[node["name"]] = value

    def finish(self) -> fx.GraphModule:
        """Return the module; its output is the value added last."""
        self.graph.output(list(self.values.values())[-1])
        return fx.GraphModule(self.named, self.graph)

    def _linear(self, node: Mapping[str, Any], x: fx.Node, out_features: int, bias: bool) -> fx.Node:
        (shape,) = node["shapes"]
        if len(shape) > 1:
            x = self.graph.call_function(torch.flatten, (x, 1))
        (weight,) = self._parameters(node, ["weight"], (out_features, math.prod(shape)))
        return self.graph.call_function(functional.linear, (x, weight, self._bias(node, bias, out_features)))

    def _conv2d(
        self, node: Mapping[str, Any], x: fx.Node, out_channels: int, kernel_size: Any, bias: bool, **geometry: Any
    ) -> fx.Node:
        (weight,) = self._parameters(node, ["weight"], (out_channels, node["shapes"][0][0], *kernel_size))
        operands = (x, weight, self._bias(node, bias, out_channels))
        return self.graph.call_function(functional.conv2d, operands, geometry)

    def _expression(
        self,
        node: Mapping[str, Any],
        inputs: Sequence[fx.Node],
        formula: str,
        parameters: Mapping[str, float],
        channel_parameters: Mapping[str, float],
        names: Sequence[str],
    ) -> fx.Node:
        module = Formula(formula, [*names, *parameters, *channel_parameters], len(channel_parameters))
        scalars = self._parameters(node, parameters, ())
        channels = self._parameters(node, channel_parameters, node["shapes"][0][:1])
        return self._call(node, module, [*inputs, *scalars, *channels])

    def _bias(self, node: Mapping[str, Any], wanted: bool, size: int) -> fx.Node | None:
        return self._parameters(node, ["bias"], (size,))[0] if wanted else None

    def _parameters(
        self, node: Mapping[str, Any], shorts: Iterable[str], shape: Sequence[int], learned: bool = True
    ) -> list[fx.Node]:
        """Return a node's parameters by these short names; nodes share a parameter of the same full name."""
        full = [node.get("parameters", {}).get(short, f"{node['name']}.{short}") for short in shorts]
        for name in full:
            zeros = torch.zeros(tuple(shape))
            self.named[name] = nn.Parameter(zeros) if learned else zeros
        return [self.graph.get_attr(name) for name in full]

    def _call(self, node: Mapping[str, Any], module: nn.Module, arguments: Sequence[fx.Node]) -> fx.Node:
        self.named[node["name"]] = module
        return self.graph.call_module(node["name"], tuple(arguments))


class _BatchNorm(nn.Module):
    """BatchNorm with parameters that other modules may use too."""

    def __init__(self, momentum: float, eps: float) -> None:
        super().__init__()
        self.momentum, self.eps = momentum, eps

    def forward(self, x: torch.Tensor, weight: Any, bias: Any, mean: torch.Tensor, variance: torch.Tensor) -> Any:
        return functional.batch_norm(x, mean, variance, weight, bias, self.training, self.momentum, self.eps)


def _module(kind: str, options: Mapping[str, Any]) -> nn.Module:
    if kind == "GELU":
        return nn.GELU("tanh")
    if kind == "Softmax":
        return nn.Softmax(dim=1)
    if kind == "Softplus":
        return nn.Softplus(threshold=NEVER_LINEAR)
    if kind in SAME_NAME:
        return getattr(nn, kind)(**options)
    raise ValueError(f"{kind} has no counterpart in PyTorch here; add it to torch_twin.py")
