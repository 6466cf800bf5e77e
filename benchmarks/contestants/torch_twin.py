"""The same network in PyTorch, from the description of ours (`benchmarks.jobs.describe`)."""

import math
import operator
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import torch
from torch import fx, nn

SAME_NAME = ("MaxPool2d", "AvgPool2d", "Dropout", "ReLU", "LeakyReLU", "Tanh", "Sigmoid", "ELU", "Softplus", "SiLU")


def torch_twin(nodes: Sequence[Mapping[str, Any]]) -> fx.GraphModule:
    """A module whose code is the network written out line by line; parameters have the names and layout of ours.

    Raises ValueError for a layer without a counterpart.
    """
    graph, values, modules = fx.Graph(), {}, {}
    for node in nodes:
        name, inputs = node["name"], [values[source] for source in node["inputs"]]
        match node["type"]:
            case "Input":
                values[name] = graph.placeholder(name)
            case "Add":
                values[name] = reduce(lambda a, b: graph.call_function(operator.add, (a, b)), inputs)
            case "Multiply":
                values[name] = reduce(lambda a, b: graph.call_function(operator.mul, (a, b)), inputs)
            case "Concatenate":
                values[name] = graph.call_function(torch.cat, (inputs, 1))
            case "Flatten":
                values[name] = graph.call_function(torch.flatten, (inputs[0], 1))
            case "GlobalAvgPool":
                values[name] = graph.call_method("mean", (inputs[0], (2, 3)))
            case kind:
                (shape,), (x,) = node["shapes"], inputs
                if kind == "Linear" and len(shape) > 1:
                    x = graph.call_function(torch.flatten, (x, 1))
                modules[name] = _module(kind, node["options"], shape)
                values[name] = graph.call_module(name, (x,))
    graph.output(values[nodes[-1]["name"]])
    return fx.GraphModule(modules, graph)


def load_weights(twin: nn.Module, weights: Mapping[str, np.ndarray]) -> None:
    """Copy our parameters into a twin by their names. Raises KeyError if the names are not the same."""
    own = {name: value for name, value in twin.state_dict().items() if not name.endswith("num_batches_tracked")}
    if own.keys() != set(weights):
        raise KeyError(f"parameters of one network only: {sorted(own.keys() ^ set(weights))}")
    with torch.no_grad():
        for name, value in own.items():
            value.copy_(torch.from_numpy(weights[name]))


def set_dropout(twin: nn.Module, active: bool) -> None:
    """Switch dropout alone on or off in a module that trains."""
    for module in twin.modules():
        if isinstance(module, nn.Dropout):
            module.train(active)


def _module(kind: str, options: Mapping[str, Any], shape: Sequence[int]) -> nn.Module:
    if kind == "Linear":
        return nn.Linear(math.prod(shape), **options)
    if kind == "Conv2d":
        return nn.Conv2d(shape[0], **options)
    if kind == "BatchNorm":
        return (nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d)(shape[0], **options)
    if kind == "GELU":
        return nn.GELU("tanh")
    if kind == "Softmax":
        return nn.Softmax(dim=1)
    if kind in SAME_NAME:
        return getattr(nn, kind)(**options)
    raise ValueError(f"{kind} has no counterpart in PyTorch here; add it to torch_twin.py")
