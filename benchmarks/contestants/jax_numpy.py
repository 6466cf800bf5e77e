"""JAX: the whole step (forward, gradients and update) as one compiled function."""

import math
from collections.abc import Mapping
from functools import partial, reduce
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax, nn

from benchmarks.contestants.protocol import Contestant, relative_error, serve

Arrays = dict[str, jax.Array]
Slots = tuple[Arrays, Arrays]  # the optimizer's state: one or both in use
ACTIVATIONS = {"ReLU": nn.relu, "Tanh": jnp.tanh, "Sigmoid": nn.sigmoid, "Softplus": nn.softplus, "SiLU": nn.silu}


class Jax(Contestant):
    """A step gets ready arrays, normalised and cut into batches, with images in the order N, C, H, W."""

    def __init__(self, folder: Path, job: dict[str, Any], flags: tuple[str, ...]) -> None:
        self.folder, self.job = folder, job
        self.batch, self.training = job["workload"]["batch"], job["workload"]["training"]
        weights = {name: jnp.asarray(value) for name, value in np.load(folder / "weights.npz").items()}
        self.kept = {name: weights.pop(name) for name in list(weights) if ".running_" in name}
        self.weights = weights
        images, labels = np.load(folder / "images.npy"), np.load(folder / "labels.npy")
        images = (images / np.float32(255) - np.float32(job["mean"])) / np.float32(job["std"])
        parts = [slice(start, start + self.batch) for start in range(0, len(images), self.batch)]
        self.batches = [(jnp.asarray(images[part]), jnp.asarray(labels[part])) for part in parts]
        self.slots = tuple({name: jnp.zeros_like(value) for name, value in weights.items()} for _ in range(2))
        self.step = jax.jit(partial(_step, job), donate_argnums=(0, 1, 2))
        self.predict = jax.jit(partial(_predict, job))
        self.steps = 0

    def run(self, steps: int) -> None:
        for _ in range(steps):
            images, labels = self.batches[self.steps % len(self.batches)]
            self.steps += 1
            if self.training:
                arrays = self.weights, self.slots, self.kept
                self.weights, self.slots, self.kept, loss = self.step(*arrays, images, labels, self.steps)
                loss.item()
            else:
                self.predict(self.weights, self.kept, images).block_until_ready()

    def check(self) -> float:
        given = {name: jnp.asarray(value) for name, value in np.load(self.folder / "weights.npz").items()}
        kept = {name: given.pop(name) for name in list(given) if ".running_" in name}
        found = jax.grad(partial(_loss, self.job), has_aux=True)(given, kept, *self.batches[0], None)[0]
        reference = np.load(self.folder / "gradients.npz")
        return max(relative_error(np.asarray(value), reference[name]) for name, value in found.items())


def _step(
    job: Mapping[str, Any], weights: Arrays, slots: Slots, kept: Arrays, x: jax.Array, labels: jax.Array, step: Any
) -> tuple[Arrays, Slots, Arrays, jax.Array]:
    key = jax.random.fold_in(jax.random.key(0), step)
    (loss, kept), gradients = jax.value_and_grad(partial(_loss, job), has_aux=True)(weights, kept, x, labels, key)
    rule, options = {"SGD": _sgd, "Adam": _adam}[job["optimizer"]["name"]], job["optimizer"]["options"]
    updated = {
        name: rule(weights[name], gradients[name], slots[0][name], slots[1][name], step, options) for name in weights
    }
    weights, *slots = ({name: parts[i] for name, parts in updated.items()} for i in range(3))
    return weights, tuple(slots), kept, loss


def _sgd(p: jax.Array, g: jax.Array, b: jax.Array, unused: jax.Array, step: Any, options: Mapping[str, Any]) -> Any:
    momentum = options["momentum"]
    g = g + options["weight_decay"] * p
    b = momentum * b + g
    return p - options["lr"] * (g + momentum * b if options["nesterov"] else b), b, unused


def _adam(p: jax.Array, g: jax.Array, m: jax.Array, v: jax.Array, step: Any, options: Mapping[str, Any]) -> Any:
    beta1, beta2 = options["betas"]
    g = g + options["weight_decay"] * p
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    change = (m / (1 - beta1**step)) / (jnp.sqrt(v / (1 - beta2**step)) + options["eps"])
    return p - options["lr"] * change, m, v


def _loss(
    job: Mapping[str, Any], weights: Arrays, kept: Arrays, x: jax.Array, labels: jax.Array, key: jax.Array | None
) -> tuple[jax.Array, Arrays]:
    outputs, kept = _forward(job, weights, kept, x, key, training=True)
    return -jnp.mean(jnp.take_along_axis(nn.log_softmax(outputs), labels[:, None], 1)), kept


def _predict(job: Mapping[str, Any], weights: Arrays, kept: Arrays, x: jax.Array) -> jax.Array:
    return _forward(job, weights, kept, x, None, training=False)[0]


def _forward(
    job: Mapping[str, Any], weights: Arrays, kept: Arrays, x: jax.Array, key: jax.Array | None, training: bool
) -> tuple[jax.Array, Arrays]:
    """Return the network of the description (`benchmarks.jobs.describe`); without a key nothing is dropped."""
    values, kept = {}, dict(kept)
    for index, node in enumerate(job["nodes"]):
        name, options = node["name"], node["options"]
        inputs = [values[source] for source in node["inputs"]]
        first = inputs[0] if inputs else x
        match node["type"]:
            case "Input":
                y = x
            case "Linear":
                y = first.reshape(len(first), -1) @ weights[f"{name}.weight"].T + weights.get(f"{name}.bias", 0)
            case "Conv2d":
                y = _convolve(first, weights[f"{name}.weight"], weights.get(f"{name}.bias"), options)
            case "BatchNorm":
                y = _normalise(first, name, weights, kept, options, training)
            case "MaxPool2d":
                y = _max_pool(first, options)
            case "Dropout" if key is not None:
                keep = 1 - options["p"]
                y = first * jax.random.bernoulli(jax.random.fold_in(key, index), keep, first.shape) / keep
            case "Dropout":
                y = first
            case "Flatten":
                y = first.reshape(len(first), -1)
            case "GlobalAvgPool":
                y = first.mean((2, 3))
            case "Add":
                y = reduce(jnp.add, inputs)
            case kind:
                y = ACTIVATIONS[kind](first)
        values[name] = y
    return y, kept


def _convolve(x: jax.Array, weight: jax.Array, bias: jax.Array | None, options: Mapping[str, Any]) -> jax.Array:
    padding, layout = [(p, p) for p in options["padding"]], ("NCHW", "OIHW", "NCHW")
    y = lax.conv_general_dilated(
        x, weight, options["stride"], padding, rhs_dilation=options["dilation"], dimension_numbers=layout
    )
    return y if bias is None else y + bias[:, None, None]


def _normalise(
    x: jax.Array, name: str, weights: Arrays, kept: Arrays, options: Mapping[str, Any], training: bool
) -> jax.Array:
    axes = (0, *range(2, x.ndim))
    if training:
        mean, variance = x.mean(axes), x.var(axes)
        count = math.prod(x.shape) // x.shape[1]
        for key, new in ((f"{name}.running_mean", mean), (f"{name}.running_var", variance * count / (count - 1))):
            kept[key] = kept[key] + options["momentum"] * (new - kept[key])
    else:
        mean, variance = kept[f"{name}.running_mean"], kept[f"{name}.running_var"]
    shape = (-1, *[1] * (x.ndim - 2))
    scale = weights[f"{name}.weight"] / jnp.sqrt(variance + options["eps"])
    return (x - mean.reshape(shape)) * scale.reshape(shape) + weights[f"{name}.bias"].reshape(shape)


def _max_pool(x: jax.Array, options: Mapping[str, Any]) -> jax.Array:
    padding = [(0, 0), (0, 0), *((p, p) for p in options["padding"])]
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, *options["kernel_size"]), (1, 1, *options["stride"]), padding)


if __name__ == "__main__":
    serve(Jax)
