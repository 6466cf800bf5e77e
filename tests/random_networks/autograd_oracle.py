"""The steps of a case by models.autograd, which shares no code with the layers and kernels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from trainer.models import Graph
from trainer.models.autograd import Variable, functions, grad, no_grad
from trainer.models.autograd.formula import Formula
from trainer.models.node import Node

KINKED_FUNCTIONS = ("relu", "maximum", "minimum", "where")  # in a case's formulas their kink is at x = 0


class AutogradNetwork:
    """A batch-first network in float64.

    Args:
        graph: The nodes, not fused.
        parameters: Initial values.
        loss, optimizer: Declared as in a configuration.
    """

    def __init__(
        self,
        graph: Graph,
        parameters: Mapping[str, np.ndarray],
        loss: Mapping[str, Any],
        optimizer: Mapping[str, Any],
    ) -> None:
        self.graph, self.loss = graph, loss
        self.parameters = {name: np.array(value, np.float64) for name, value in parameters.items()}
        self.learned = [name for name, parameter in graph.parameters.items() if parameter.trainable]
        self.optimizer = Optimizer(optimizer)
        self.margin = math.inf  # of the last step, see Record

    def train(self, inputs: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray, dict[str, np.ndarray]]:
        """Do one step of the optimizer and return loss, outputs and gradients before it."""
        variables = {name: Variable(value) for name, value in self.parameters.items()}
        outputs = self._forward(inputs, variables, training=True)
        loss = self._loss(outputs, targets)
        given = grad(loss, [variables[name] for name in self.learned])
        gradients = {name: gradient.data for name, gradient in zip(self.learned, given, strict=True)}
        self.optimizer.update(self.parameters, gradients)
        return float(loss), outputs.data, gradients

    def evaluate(self, inputs: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
        """Return loss and outputs with running statistics."""
        with no_grad():
            variables = {name: Variable(value) for name, value in self.parameters.items()}
            outputs = self._forward(inputs, variables, training=False)
            return float(self._loss(outputs, targets)), outputs.data

    def _forward(self, inputs: np.ndarray, variables: Mapping[str, Variable], training: bool) -> Variable:
        (name,) = self.graph.inputs
        values = {name: Variable(inputs)}
        self.margin = math.inf
        for node in self.graph.nodes:
            given = [values[source] for source in node.inputs]
            own = {short: variables[full] for short, full in node.parameters.items()}
            self.margin = min(self.margin, _margin(node.layer, given[0].data))
            if type(node.layer).__name__ == "BatchNorm":
                values[node.name] = self._batch_norm(node, given[0], own, training)
            else:
                values[node.name] = _apply(node.layer, given, own)
        return values[node.name]

    def _batch_norm(self, node: Node, x: Variable, own: Mapping[str, Variable], training: bool) -> Variable:
        layer, statistics = node.layer, (own["running_mean"], own["running_var"])
        if training:
            mean, variance = statistics = functions.batch_statistics(x)
            count = x.size // x.shape[1]
            new = {"running_mean": mean.data, "running_var": variance.data * count / (count - 1)}
            for short, value in new.items():
                full = node.parameters[short]
                self.parameters[full] = (1 - layer.momentum) * self.parameters[full] + layer.momentum * value
        return functions.batch_norm(x, own["weight"], own["bias"], statistics, layer.eps)

    def _loss(self, outputs: Variable, targets: np.ndarray) -> Variable:
        """Return the mean over the examples."""
        examples, classes = outputs.shape
        t = np.eye(classes)[targets] if targets.ndim == 1 else targets
        match self.loss["_target_"].rpartition(".")[2]:
            case "CrossEntropy":
                smoothing = self.loss.get("label_smoothing", 0.0)
                t = (1 - smoothing) * t + smoothing / classes
                return -functions.sum(functions.log_softmax(outputs, 1) * t) / examples
            case "MeanSquaredError":
                return functions.mean((outputs - t) ** 2)
            case "HalfSquaredError":
                return functions.sum((outputs - t) ** 2) / (2 * examples)
            case "ExpressionLoss":
                return functions.sum(Formula(self.loss["formula"], ("y", "t"))(y=outputs, t=Variable(t))) / examples
            case kind:
                raise NotImplementedError(kind)


class Optimizer:
    """SGD, Adam and AdamW as in their papers."""

    def __init__(self, declared: Mapping[str, Any]) -> None:
        self.kind = declared["_target_"].rpartition(".")[2]
        self.options = {"momentum": 0.0, "nesterov": False, "betas": (0.9, 0.999), "weight_decay": 0.0, **declared}
        self.step = 0
        self.slots: dict[str, tuple[np.ndarray, ...]] = {}

    def update(self, parameters: dict[str, np.ndarray], gradients: Mapping[str, np.ndarray]) -> None:
        """Replace the parameters that have a gradient."""
        self.step += 1
        rule, decay, lr = getattr(self, f"_{self.kind.lower()}"), self.options["weight_decay"], self.options["lr"]
        for name, gradient in gradients.items():
            value = parameters[name]
            if self.kind == "AdamW":
                value = value - lr * decay * value
            else:
                gradient = gradient + decay * value
            parameters[name] = value - lr * rule(name, gradient)

    def _sgd(self, name: str, gradient: np.ndarray) -> np.ndarray:
        momentum = self.options["momentum"]
        (velocity,) = self.slots.get(name, (0.0,))
        velocity = momentum * velocity + gradient
        self.slots[name] = (velocity,)
        return gradient + momentum * velocity if self.options["nesterov"] else velocity

    def _adam(self, name: str, gradient: np.ndarray) -> np.ndarray:
        first, second = self.options["betas"]
        m, v = self.slots.get(name, (0.0, 0.0))
        m, v = first * m + (1 - first) * gradient, second * v + (1 - second) * gradient**2
        self.slots[name] = m, v
        return m / (1 - first**self.step) / (np.sqrt(v / (1 - second**self.step)) + self.options["eps"])

    _adamw = _adam


def _apply(layer: Any, inputs: list[Variable], own: Mapping[str, Variable]) -> Variable:
    """Return the output of a layer other than BatchNorm, computed from its options."""
    x = inputs[0]
    match type(layer).__name__:
        case "Conv2d":
            return functions.conv2d(x, own["weight"], own.get("bias"), layer.stride, layer.padding, layer.dilation)
        case "Linear":
            return functions.linear(functions.reshape(x, len(x), -1), own["weight"], own.get("bias"))
        case "MaxPool2d":
            return functions.max_pool2d(x, layer.kernel_size, layer.stride, layer.padding, layer.ceil_mode)
        case "AvgPool2d":
            options = layer.kernel_size, layer.stride, layer.padding, layer.ceil_mode, layer.count_include_pad
            return functions.avg_pool2d(x, *options)
        case "GlobalAvgPool":
            return functions.mean(x, (2, 3))
        case "Flatten":
            return functions.reshape(x, len(x), -1)
        case "Dropout":
            return functions.dropout(x, layer.p, None)
        case "Softmax":
            return functions.softmax(x, 1)
        case "Add":
            return _folded(functions.add, inputs)
        case "Multiply":
            return _folded(functions.mul, inputs)
        case "Concatenate":
            return functions.concatenate(inputs, 1)
        case "Expression":
            return _expression(layer, inputs, own)
        case "LeakyReLU":
            return functions.leaky_relu(x, layer.negative_slope)
        case "ELU":
            return functions.elu(x, layer.alpha)
        case "ReLU" | "Tanh" | "Sigmoid" | "Softplus" | "SiLU" | "GELU" as kind:
            return getattr(functions, kind.lower())(x)
        case kind:
            raise NotImplementedError(kind)


def _folded(function: Any, inputs: list[Variable]) -> Variable:
    y, *others = inputs
    for other in others:
        y = function(y, other)
    return y


def _expression(layer: Any, inputs: list[Variable], own: Mapping[str, Variable]) -> Variable:
    rest = (1,) * (inputs[0].ndim - 2)
    values = {name: functions.reshape(own[name], -1, *rest) if name in layer.channels else own[name] for name in own}
    values |= dict(zip(layer.names, inputs, strict=True))
    return Formula(layer.formula.text, values)(**values)


def _margin(layer: Any, x: np.ndarray) -> float:
    """Return the margin of Record: the distance from a kink, or a tenth of the deviation of what is normalised."""
    match type(layer).__name__:
        case "ReLU" | "LeakyReLU":
            distances = np.abs(x)
        case "ELU" if layer.alpha != 1:
            distances = np.abs(x)
        case "Expression" if any(name in layer.formula.text for name in KINKED_FUNCTIONS):
            distances = np.abs(x)
        case "MaxPool2d":
            distances = _leads(x, layer)
        case "BatchNorm":
            axes = (0, *range(2, x.ndim))
            means = np.abs(x.mean(axes))
            return float((x.std(axes)[means > 0] / means[means > 0]).min(initial=math.inf)) / 10
        case _:
            return math.inf
    largest = np.abs(x).max(initial=0.0)
    return float(distances[distances > 0].min(initial=math.inf) / largest) if largest else math.inf  # ties stay ties


def _leads(x: np.ndarray, pool: Any) -> np.ndarray:
    """Return by how much the largest element of each window exceeds the next; infinite if there is none."""
    borders = [(p, p + s - 1) for p, s in zip(pool.padding, pool.stride, strict=True)]  # s - 1: for ceil_mode
    padded = np.pad(x, [(0, 0), (0, 0), *borders], constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, pool.kernel_size, (2, 3))
    windows = windows[:, :, :: pool.stride[0], :: pool.stride[1]]
    ordered = np.sort(windows.reshape(-1, math.prod(pool.kernel_size)), axis=1)
    ordered = ordered[np.isfinite(ordered[:, -1])]
    return ordered[:, -1] - ordered[:, -2] if ordered.shape[1] > 1 else np.array([math.inf])
