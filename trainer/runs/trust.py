"""Handles runs that may come from anybody: finds their checkpoint, and checks its configuration before it is used."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from trainer.compose.schema import validate
from trainer.ground.errors import ConfigError, UserError
from trainer.models import Expression, Graph
from trainer.models.node import Node
from trainer.runs.checkpoint import Checkpoint, CheckpointError
from trainer.runs.find import find
from trainer.runs.folder import BEST, CHECKPOINTS, LAST

MAX_DEPTH, MAX_VALUES, MAX_LAYERS, MAX_TEXT = 40, 20_000, 10_000, 10_000
MAX_NUMBER = 1 << 53
MAX_LEARNED = 1_000_000  # values that were learned from the data: names, levels, quantiles; characters of a vocabulary
MEAN_FORMULA = 100  # characters that take as long as a layer
MAX_EXAMPLE_BYTES = 1 << 30  # activations of one example

Error = TypeVar("Error", bound=UserError)


def find_checkpoint(run: Path | str) -> Path:
    """Return the checkpoint that `run` means: that file, or the best, else the last of the run that `find` returns.

    Raises:
        FileNotFoundError, ConfigError: There is none.
    """
    run = find(run)
    if not run.is_dir():
        if not run.exists():
            problem = "no such run or checkpoint; last is the newest, trainer runs lists all"
            raise FileNotFoundError(2, problem, str(run))
        return run
    for name in (BEST, LAST):
        if (path := run / name).is_file():
            return path
    runs = sorted(path.parent for path in run.glob(f"*/{CHECKPOINTS}"))
    hint = f"give one of the runs in it, such as {runs[0]}" if runs else "give the directory of a run that trained"
    raise ConfigError(f"{run}: has no {LAST}; {hint}")


def checked_config(saved: dict[str, Any], allow: Sequence[str], origin: object) -> dict[str, Any]:
    """Return a configuration read from a file, as `trainer.compose.schema.validate` returns it.

    Args:
        saved: What the file holds; its own `allow` counts for nothing.
        allow: The packages that the user trusts now.
        origin: The file, for errors.

    Raises:
        ConfigError: It is not a configuration of this program, or is suspiciously large.
    """
    try:
        _bound({**saved, "data": None}, MAX_VALUES)
        _bound(saved.get("data"), MAX_LEARNED, learned=True)
        layers = _count_layers(saved.get("model"))
        _require(layers <= MAX_LAYERS, f"model: {layers} layers are more than the {MAX_LAYERS} that are read")
        overrides = ["allow="] if allow else []
        return validate(_renewed(saved) | {"allow": list(allow)}, overrides)
    except ConfigError as error:
        raise located(error, origin) from None
    except Exception as error:  # whatever else a strange configuration raises
        raise ConfigError(f"{origin}: its configuration cannot be read: {error}") from error


def located(error: Error, origin: object) -> Error:
    """Return `error` with the file as its place: the key is in the configuration saved there, not in ours."""
    error.place = f"{origin}: {error.key}" if error.key else str(origin)
    return error


def example_bytes(graph: Graph, dtype: np.dtype | str) -> int:
    """Return the bytes that the activations of one example take, with the padded inputs of windows."""
    values = sum(map(math.prod, graph.input_shapes))
    for node in graph.nodes:
        values += math.prod(node.output_shape)
        if isinstance(node.layer, Expression):  # each part of the formula gives an array
            values += node.layer.formula.parts * _largest(node)
        if padding := getattr(node.layer, "padding", None):
            channels, *sizes = node.input_shapes[0]
            values += channels * math.prod(size + 2 * p for size, p in zip(sizes, padding, strict=True))
    return np.dtype(dtype).itemsize * values


def check_size(graph: Graph, precision: str, origin: object) -> None:
    """Refuse networks whose shapes would fill the memory; their weights are bounded by the size of the file.

    Raises:
        ConfigError: Names `origin`, the file that the network was read from.
    """
    place = f"{origin}: model"
    size = example_bytes(graph, precision)
    if size > MAX_EXAMPLE_BYTES:
        raise ConfigError(f"one example needs {size >> 30} GB of activations, more than is accepted", "model", place)
    for node in graph.nodes:
        window = getattr(node.layer, "kernel_size", None)
        # With all its padding it would still be mostly empty.
        if window and math.prod(window) > 16 * math.prod(node.input_shapes[0]):
            raise ConfigError(f"the window of {node.name} is far larger than its input", "model", place)


def check_shapes(graph: Graph, saved: Checkpoint) -> None:
    """Raise unless the file has the shapes that the configuration asks for, before memory is taken for them."""
    stored = saved.parameters
    for name, parameter in graph.parameters.items():
        if name in stored and stored[name].shape != parameter.shape:
            found, wanted = list(stored[name].shape), list(parameter.shape)
            raise CheckpointError(f"{saved.origin}: {name} is {found}, its configuration needs {wanted}")
        if name not in stored:
            raise CheckpointError(f"{saved.origin}: {name} is missing, which its configuration needs")


def _renewed(saved: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration of an earlier version in today's words.

    layers.csv replaces gradients.csv, and TensorBoard is a logger.
    """
    callbacks = saved.get("callbacks")
    if not isinstance(callbacks, dict):
        return saved
    renewed = {}
    for name, each in callbacks.items():
        target = each.get("_target_") if isinstance(each, dict) else None
        if target == "trainer.callbacks.Gradients":
            if each.get("steps"):
                renewed["layers"] = each | {"_target_": "trainer.callbacks.Layers"}
        elif target == "trainer.callbacks.tensorboard.TensorBoard":
            renewed[name] = each | {"_target_": "trainer.loggers.TensorBoard"}
        else:
            renewed[name] = each
    return saved | {"callbacks": renewed}


def _bound(saved: Any, most: int, learned: bool = False) -> None:
    """Refuse what is too deep or has more than `most` values, or is not plain: a `${...}` could read the environment.

    In lists and mappings learned from data, such as the names of columns, `${...}` is a text like any other.
    """
    left = [(saved, 0)]
    count = 0
    while left:
        value, depth = left.pop()
        count += 1
        _require(depth <= MAX_DEPTH and count <= most, "its configuration is too large")
        if isinstance(value, dict):
            _require(all(isinstance(key, str) for key in value), "its configuration has keys that are not names")
            left += [(item, depth + 1) for item in value.values()]
        elif isinstance(value, list):
            left += [(item, depth + 1) for item in value]
        elif isinstance(value, str):
            longest, may_stand = (MAX_LEARNED, depth > 1) if learned else (MAX_TEXT, False)
            _require(len(value) <= longest, "its configuration holds a text that is too long")
            _require(may_stand or "${" not in value, "its configuration holds ${...} where only plain values may stand")
        elif isinstance(value, int):
            _require(abs(value) <= MAX_NUMBER, "its configuration holds an integer of more than 53 bits")


def _largest(node: Node) -> int:
    """Return how many values an array can have that broadcasting makes of a node's inputs."""
    return math.prod(map(max, zip(*node.input_shapes, strict=True)))


def _count_layers(declared: Any) -> int:
    """Return how many layers a declaration makes at most: `models.Repeat` multiplies them; long formulas count more."""
    if not isinstance(declared, dict):
        return 0
    times = declared.get("times")
    inner = sum(map(_count_layers, declared.values()))
    formula = declared.get("formula")
    own = ("_target_" in declared) + (len(formula) // MEAN_FORMULA if isinstance(formula, str) else 0)
    return (own + inner) * (max(1, times) if isinstance(times, int) else 1)


def _require(fits: bool, problem: str) -> None:
    if not fits:
        raise ConfigError(problem)
