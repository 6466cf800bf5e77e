"""Every shipped layer in terms of ONNX operators.

A layer of another package is added with

    @converter(MyLayer)
    def _(layer, node): ...

which calls `node.emit(operator, inputs...)` for what the layer computes and returns the name of its output. Arrays in
ONNX are batch-first: (N, C, H, W) or (N, F).
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from trainer import models
from trainer.export import expression
from trainer.export.writer import Writer
from trainer.ground.errors import ExportError
from trainer.models.layers.activation import GELU

Converter = Callable[[Any, Writer], str]
CONVERTERS: dict[type, Converter] = {models.Expression: expression.write}


def converter(*kinds: type) -> Callable[[Converter], Converter]:
    """Register a function that writes layers of exactly these classes: a subclass may compute something else."""

    def register(function: Converter) -> Converter:
        CONVERTERS.update(dict.fromkeys(kinds, function))
        return function

    return register


def convert(layer: models.Layer, node: Writer) -> str:
    """Write `layer`, and return the name of its output. Raises ExportError for a class without translation."""
    if type(layer) not in CONVERTERS:
        kind = type(layer).__name__
        raise ExportError(f"{node.name}: {kind} has no ONNX translation; add one as trainer/export/layers.py says")
    return CONVERTERS[type(layer)](layer, node)


@converter(models.Linear)
def _linear(layer: models.Linear, node: Writer) -> str:
    (x,) = node.inputs
    if len(node.input_shapes[0]) > 1:
        x = node.emit("Flatten", x, axis=1)
    bias = [node.parameter("bias")] if layer.bias else []
    return node.emit("Gemm", x, node.parameter("weight"), *bias, transB=1)


@converter(models.Embedding)
def _embedding(layer: models.Embedding, node: Writer) -> str:
    """Write a Gather, which puts the vectors' axis last, and move it to the front of the features, where ours is."""
    rank = len(node.input_shapes[0])
    y = node.emit("Gather", node.parameter("weight"), *node.inputs)
    return node.emit("Transpose", y, perm=(0, rank + 1, *range(1, rank + 1)))


@converter(models.Embeddings)
def _embeddings(layer: models.Embeddings, node: Writer) -> str:
    (x,) = node.inputs
    if not layer.levels:
        return node.cast(x, "float32")  # (batch, 0)
    vectors = []
    for place in range(len(layer.levels)):
        column = node.emit("Gather", x, node.constant(place, "int64"), axis=1)
        vectors.append(node.emit("Gather", node.parameter(f"weight{place}"), column))
    return node.emit("Concat", *vectors, axis=1)


@converter(models.Conv2d)
def _convolution(layer: models.Conv2d, node: Writer) -> str:
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
def _batch_norm(layer: models.BatchNorm, node: Writer) -> str:
    statistics = (node.parameter(short) for short in ("weight", "bias", "running_mean", "running_var"))
    return node.emit("BatchNormalization", *node.inputs, *statistics, epsilon=layer.eps)


@converter(models.Dropout)
def _dropout(layer: models.Dropout, node: Writer) -> str:
    return node.inputs[0]  # the identity, after training


@converter(models.Flatten)
def _flatten(layer: models.Flatten, node: Writer) -> str:
    if not node.input_shapes[0]:
        return node.emit("Unsqueeze", *node.inputs, node.constant([1], "int64"))
    return node.emit("Flatten", *node.inputs, axis=1)


@converter(models.MaxPool2d)
def _max_pool(layer: models.MaxPool2d, node: Writer) -> str:
    return node.emit("MaxPool", *node.inputs, **_windows(layer, node))


@converter(models.AvgPool2d)
def _average_pool(layer: models.AvgPool2d, node: Writer) -> str:
    """Correct windows in which not all places count by a factor: ONNX divides by the whole window."""
    y = node.emit("AveragePool", *node.inputs, **_windows(layer, node), count_include_pad=1)
    windows = layer.windows(node.input_shapes[0])
    factors = windows.weights(layer.count_include_pad, np.float64) * math.prod(layer.kernel_size)
    if np.all(factors == 1):
        return y
    return node.emit("Mul", y, node.constant(np.reshape(factors, np.shape(factors)[:2])))


@converter(models.GlobalAvgPool)
def _global_average_pool(layer: models.GlobalAvgPool, node: Writer) -> str:
    return node.emit("Flatten", node.emit("GlobalAveragePool", *node.inputs), axis=1)


@converter(models.ReLU)
def _relu(layer: models.ReLU, node: Writer) -> str:
    return node.emit("Relu", *node.inputs)


@converter(models.LeakyReLU)
def _leaky_relu(layer: models.LeakyReLU, node: Writer) -> str:
    return node.emit("LeakyRelu", *node.inputs, alpha=layer.negative_slope)


@converter(models.ELU)
def _elu(layer: models.ELU, node: Writer) -> str:
    return node.emit("Elu", *node.inputs, alpha=layer.alpha)


@converter(models.Tanh, models.Sigmoid, models.Softplus)
def _same_name(layer: models.Layer, node: Writer) -> str:
    return node.emit(type(layer).__name__, *node.inputs)


@converter(models.Softmax)
def _softmax(layer: models.Softmax, node: Writer) -> str:
    return node.emit("Softmax", *node.inputs, axis=1)


@converter(models.SiLU)
def _silu(layer: models.SiLU, node: Writer) -> str:
    (x,) = node.inputs
    return node.emit("Mul", x, node.emit("Sigmoid", x))


@converter(models.GELU)
def _gelu(layer: models.GELU, node: Writer) -> str:
    """Write its tanh form with plain operators: ONNX has it as one operator only since opset 20."""
    (x,) = node.inputs
    cube = node.emit("Mul", node.emit("Mul", x, x), x)
    inner = node.emit("Add", x, node.emit("Mul", cube, node.constant(GELU._cubic)))
    t = node.emit("Tanh", node.emit("Mul", inner, node.constant(GELU._slope)))
    return node.emit("Mul", node.emit("Mul", x, node.constant(0.5)), node.emit("Add", t, node.constant(1.0)))


@converter(models.Add)
def _add(layer: models.Add, node: Writer) -> str:
    return node.emit("Sum", *node.inputs)


@converter(models.Multiply)
def _multiply(layer: models.Multiply, node: Writer) -> str:
    y, *others = node.inputs
    for other in others:
        y = node.emit("Mul", y, other)
    return y


@converter(models.Concatenate)
def _concatenate(layer: models.Concatenate, node: Writer) -> str:
    return node.emit("Concat", *node.inputs, axis=1)


def _windows(layer: models.MaxPool2d | models.AvgPool2d, node: Writer) -> dict[str, Any]:
    """Return the attributes of pooling.

    Windows that reach beyond the end (ceil_mode) are written as padding: runtimes differ on ONNX's own ceil_mode.
    """
    windows = layer.windows(node.input_shapes[0])
    ends = [
        max(axis.padding, (axis.outputs - 1) * axis.stride + axis.kernel - axis.size - axis.padding)
        for axis in (windows.rows, windows.columns)
    ]
    return {"kernel_shape": layer.kernel_size, "strides": layer.stride, "pads": (*layer.padding, *ends)}
