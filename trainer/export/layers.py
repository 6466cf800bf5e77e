"""Every shipped layer in terms of ONNX operators.

A layer of another package is added with

    @converter(MyLayer)
    def _(layer, node): ...

which calls `node.emit(operator, inputs...)` for what the layer computes and returns the name of its output. Arrays in
ONNX are batch-first: (N, C, H, W) or (N, F).
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from trainer import models
from trainer.export.error import ExportError
from trainer.models.layers.activation import GELU


class NodeWriter(Protocol):
    """A node of our graph while it is written: its inputs, and methods to write operators."""

    name: str
    inputs: Sequence[str]  # names of its input tensors
    input_shapes: Sequence[tuple[int, ...]]  # of one example

    def emit(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Write an operator, and return the name of its output."""

    def parameter(self, short: str) -> str:
        """Return the name of one of the node's parameters, such as "weight"."""

    def constant(self, values: ArrayLike, dtype: str = "float32") -> str:
        """Return the name of a constant."""


FLOAT = 1  # onnx.TensorProto's number

Converter = Callable[[Any, NodeWriter], str]
CONVERTERS: dict[type, Converter] = {}


def converter(*kinds: type) -> Callable[[Converter], Converter]:
    """Register a function that writes layers of exactly these classes: a subclass may compute something else."""

    def register(function: Converter) -> Converter:
        CONVERTERS.update(dict.fromkeys(kinds, function))
        return function

    return register


def convert(layer: models.Layer, node: NodeWriter) -> str:
    """Write `layer`, and return the name of its output. Raises ExportError for a class without translation."""
    from trainer.export import expression  # noqa: F401  formulas have a file of their own

    if type(layer) not in CONVERTERS:
        kind = type(layer).__name__
        raise ExportError(f"{node.name}: {kind} has no ONNX translation; add one as trainer/export/layers.py says")
    return CONVERTERS[type(layer)](layer, node)


@converter(models.Linear)
def _linear(layer: models.Linear, node: NodeWriter) -> str:
    (x,) = node.inputs
    if len(node.input_shapes[0]) > 1:
        x = node.emit("Flatten", x, axis=1)
    bias = [node.parameter("bias")] if layer.bias else []
    return node.emit("Gemm", x, node.parameter("weight"), *bias, transB=1)


@converter(models.Embedding)
def _embedding(layer: models.Embedding, node: NodeWriter) -> str:
    """Write a Gather, which puts the vectors' axis last, and move it to the front of the features, where ours is."""
    rank = len(node.input_shapes[0])
    y = node.emit("Gather", node.parameter("weight"), *node.inputs)
    return node.emit("Transpose", y, perm=(0, rank + 1, *range(1, rank + 1)))


@converter(models.Embeddings)
def _embeddings(layer: models.Embeddings, node: NodeWriter) -> str:
    (x,) = node.inputs
    if not layer.levels:
        return node.emit("Cast", x, to=FLOAT)  # (batch, 0)
    vectors = []
    for place in range(len(layer.levels)):
        column = node.emit("Gather", x, node.constant(place, "int64"), axis=1)
        vectors.append(node.emit("Gather", node.parameter(f"weight{place}"), column))
    return node.emit("Concat", *vectors, axis=1)


@converter(models.Conv2d)
def _convolution(layer: models.Conv2d, node: NodeWriter) -> str:
    bias = [node.parameter("bias")] if layer.bias else []
    return node.emit(
        "Conv",
        *node.inputs,
        node.parameter("weight"),
        *bias,
        kernel_shape=layer.kernel_size,
        strides=layer.stride,
        pads=layer.padding * 2,
        dilations=layer.dilation,
    )


@converter(models.BatchNorm)
def _batch_norm(layer: models.BatchNorm, node: NodeWriter) -> str:
    statistics = (node.parameter(short) for short in ("weight", "bias", "running_mean", "running_var"))
    return node.emit("BatchNormalization", *node.inputs, *statistics, epsilon=layer.eps)


@converter(models.Dropout)
def _dropout(layer: models.Dropout, node: NodeWriter) -> str:
    return node.inputs[0]  # the identity, after training


@converter(models.Flatten)
def _flatten(layer: models.Flatten, node: NodeWriter) -> str:
    if not node.input_shapes[0]:
        return node.emit("Unsqueeze", *node.inputs, node.constant([1], "int64"))
    return node.emit("Flatten", *node.inputs, axis=1)


@converter(models.MaxPool2d)
def _max_pool(layer: models.MaxPool2d, node: NodeWriter) -> str:
    return node.emit("MaxPool", *node.inputs, **_windows(layer, node))


@converter(models.AvgPool2d)
def _average_pool(layer: models.AvgPool2d, node: NodeWriter) -> str:
    """Correct windows in which not all places count by a factor: ONNX divides by the whole window."""
    y = node.emit("AveragePool", *node.inputs, **_windows(layer, node), count_include_pad=1)
    windows = layer.windows(node.input_shapes[0])
    factors = windows.weights(layer.count_include_pad, np.float64) * math.prod(layer.kernel_size)
    if np.all(factors == 1):
        return y
    return node.emit("Mul", y, node.constant(np.reshape(factors, np.shape(factors)[:2])))


@converter(models.GlobalAvgPool)
def _global_average_pool(layer: models.GlobalAvgPool, node: NodeWriter) -> str:
    return node.emit("Flatten", node.emit("GlobalAveragePool", *node.inputs), axis=1)


@converter(models.ReLU)
def _relu(layer: models.ReLU, node: NodeWriter) -> str:
    return node.emit("Relu", *node.inputs)


@converter(models.LeakyReLU)
def _leaky_relu(layer: models.LeakyReLU, node: NodeWriter) -> str:
    return node.emit("LeakyRelu", *node.inputs, alpha=layer.negative_slope)


@converter(models.ELU)
def _elu(layer: models.ELU, node: NodeWriter) -> str:
    return node.emit("Elu", *node.inputs, alpha=layer.alpha)


@converter(models.Tanh, models.Sigmoid, models.Softplus)
def _same_name(layer: models.Layer, node: NodeWriter) -> str:
    return node.emit(type(layer).__name__, *node.inputs)


@converter(models.Softmax)
def _softmax(layer: models.Softmax, node: NodeWriter) -> str:
    return node.emit("Softmax", *node.inputs, axis=1)


@converter(models.SiLU)
def _silu(layer: models.SiLU, node: NodeWriter) -> str:
    (x,) = node.inputs
    return node.emit("Mul", x, node.emit("Sigmoid", x))


@converter(models.GELU)
def _gelu(layer: models.GELU, node: NodeWriter) -> str:
    """Write its tanh form with plain operators: ONNX has it as one operator only since opset 20."""
    (x,) = node.inputs
    cube = node.emit("Mul", node.emit("Mul", x, x), x)
    inner = node.emit("Add", x, node.emit("Mul", cube, node.constant(GELU._cubic)))
    t = node.emit("Tanh", node.emit("Mul", inner, node.constant(GELU._slope)))
    return node.emit("Mul", node.emit("Mul", x, node.constant(0.5)), node.emit("Add", t, node.constant(1.0)))


@converter(models.Add)
def _add(layer: models.Add, node: NodeWriter) -> str:
    return node.emit("Sum", *node.inputs)


@converter(models.Multiply)
def _multiply(layer: models.Multiply, node: NodeWriter) -> str:
    y, *others = node.inputs
    for other in others:
        y = node.emit("Mul", y, other)
    return y


@converter(models.Concatenate)
def _concatenate(layer: models.Concatenate, node: NodeWriter) -> str:
    return node.emit("Concat", *node.inputs, axis=1)


def _windows(layer: models.MaxPool2d | models.AvgPool2d, node: NodeWriter) -> dict[str, Any]:
    """Return the attributes of pooling.

    Windows that reach beyond the end (ceil_mode) are written as padding: runtimes differ on ONNX's own ceil_mode.
    """
    windows = layer.windows(node.input_shapes[0])
    ends = [
        max(axis.padding, (axis.outputs - 1) * axis.stride + axis.kernel - axis.size - axis.padding)
        for axis in (windows.rows, windows.columns)
    ]
    return {"kernel_shape": layer.kernel_size, "strides": layer.stride, "pads": (*layer.padding, *ends)}
