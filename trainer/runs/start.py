"""Starts a new run from the weights of a run or of any safetensors file, as far as they fit."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trainer.ground.errors import ConfigError, UserError
from trainer.models import Graph, ParameterStore
from trainer.models.shape import Shape
from trainer.runs.checkpoint import CheckpointError, read_fitting
from trainer.runs.find import NEWEST
from trainer.runs.trust import find_checkpoint

KEY = "start_from"
PICKLES = (".pt", ".pth", ".bin", ".ckpt", ".pkl")
MOST_NAMED = 12  # layers or parameters in a line


@dataclass(frozen=True)
class Start:
    """What a file holds, compared with what a network needs.

    As text, it lists what is taken, what is not, and what keeps its initial values, in a line each.

    Attributes:
        origin: Path of the file, and the sha256 of its content.
        taken: The arrays that fit, by name.
        needed, held: The shapes of what the network needs, and of what the file holds.
    """

    origin: dict[str, str]
    taken: Mapping[str, np.ndarray]
    needed: Mapping[str, Shape]
    held: Mapping[str, Shape]

    def restore(self, store: ParameterStore) -> None:
        """Replace initial values by what was taken."""
        for name, array in self.taken.items():
            np.copyto(store[name], array, casting="same_kind")

    def __str__(self) -> str:
        lines = {
            "taken": _by_layer(self.taken, self.needed),
            "not taken, of another shape": [self._misfit(name) for name in self._others()],
            "not taken, not in this network": _by_layer(self.held.keys() - self.needed.keys(), self.held),
            "stay as initialised": _by_layer(self.needed.keys() - self.taken.keys(), self.needed),
        }
        head = [f"starting from {self.origin['path']} (sha256 {self.origin['sha256'][:12]})"]
        return "\n".join([*head, *(f"  {what}: {_listed(names)}" for what, names in lines.items() if names)])

    def nothing(self) -> str:
        """Return why nothing fits, as the end of a line."""
        if others := self._others():
            return f"nothing in it fits: {_listed(map(self._misfit, others))}; give the layers those sizes"
        return (
            f"nothing in it has a name of this network: it holds {_listed(self.held)}, and "
            f"the network has {_listed(self.needed)}; give one the names of the other"
        )

    def _others(self) -> list[str]:
        return [name for name in self.needed if self.held.get(name, self.needed[name]) != self.needed[name]]

    def _misfit(self, name: str) -> str:
        return f"{name} is {_shown(self.held[name])}, here {_shown(self.needed[name])}"


def read(config: Mapping[str, Any], graph: Graph) -> Start | None:
    """Return what a new run of this configuration starts from; None if from its initial values alone.

    If one parameter of a layer has another shape, the whole layer keeps its initial values.
    A resumed run has its weights in its own checkpoint, so nothing is read for it. Nothing in the file is trusted,
    and nothing is unpickled.

    Args:
        config: As `trainer.compose.schema.validate` returns it.
        graph: The graph of the run.

    Raises:
        ConfigError, CheckpointError: There is no such file, it is damaged, or nothing in it fits; says which.
    """
    given = config.get(KEY)
    if given is None or config.get("resume"):
        return None
    try:
        path = _path(given)
        needed = {name: parameter.shape for name, parameter in graph.parameters.items()}
        found, held = read_fitting(path, needed)
        misfits = {_layer(name) for name, shape in needed.items() if held.get(name, shape) != shape}
        taken = {name: found[name] for name in needed if name in found and _layer(name) not in misfits}
        start = Start(_origin(path), _as(config["precision"], taken, path), needed, held)
    except UserError as error:
        error.key = error.key or KEY
        raise
    if not any(graph.parameters[name].trainable or graph.parameters[name].frozen for name in taken):
        raise ConfigError(f"{given}: {start.nothing()}", KEY)
    return start


def _path(given: str) -> Path:
    try:
        path = find_checkpoint(given if given == NEWEST else Path(given).expanduser())
    except FileNotFoundError:
        raise ConfigError(f"{given}: no such run or .safetensors file", KEY) from None
    if path.suffix in PICKLES:
        remedy = "write one from PyTorch by safetensors.torch.save_file(module.state_dict(), FILE)"
        raise ConfigError(f"{given}: a pickle could run code, so only .safetensors is read; {remedy}", KEY)
    return path.absolute()


def _origin(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            return {"path": str(path), "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror or error}") from error


def _as(precision: str, arrays: Mapping[str, np.ndarray], path: Path) -> dict[str, np.ndarray]:
    """Return the arrays in the precision of the run. Raises CheckpointError if a value is too large for it."""
    with np.errstate(over="ignore"):
        found = {name: array.astype(precision, copy=False) for name, array in arrays.items()}
    for name, array in found.items():
        if not np.isfinite(array).all():
            raise CheckpointError(f"{path}: {name} holds values too large for {precision}; set precision=float64")
    return found


def _by_layer(names: Collection[str], known: Iterable[str]) -> list[str]:
    """Return those of the known names, in their order; a layer that has all of its names there, by its own name."""
    layers: dict[str, list[str]] = {}
    for name in known:
        layers.setdefault(_layer(name), []).append(name)
    found: dict[str, None] = {}
    for layer, own in layers.items():
        whole = layer and all(name in names for name in own)
        found |= dict.fromkeys([layer] if whole else [name for name in own if name in names])
    return list(found)


def _layer(name: str) -> str:
    return name.rpartition(".")[0]


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return (", ".join(names[:MOST_NAMED]) or "nothing") + more


def _shown(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "a number"
