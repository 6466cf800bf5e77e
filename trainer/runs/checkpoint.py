"""Checkpoints: a network and everything a run needs to resume from it, as one safetensors file.

Tensors have the names of the parameters, in PyTorch's layout (`conv1.weight`, `norm1.running_mean`); the optimizer's
slots are called `optimizer/<slot>/<parameter>`. Everything else is one JSON text in the file's metadata, under the key
`trainer`; `SCHEMA` and `OPTIONAL` list it. Reading trusts neither the file nor the names, shapes and numbers in it.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from trainer.ground.errors import CheckpointError as CheckpointError
from trainer.ground.errors import ConfigError
from trainer.ground.files import replacing
from trainer.ground.values import check
from trainer.models import ParameterStore
from trainer.models.shape import Shape

FORMAT = 3  # 2 had the whole history; 1 had null in the tally for missing sums
KEY = "trainer"  # of the metadata
SLOTS = "optimizer/"
LARGEST = 1 << 34  # bytes; a larger file is not a checkpoint
FLOATS = {"F32", "F64"}  # safetensors' names of float32 and float64
FOREIGN_FLOATS = FLOATS | {"F16"}

Numbers = dict[str, int | float | None]
Sums = dict[str, int | float | list[float] | None]

SCHEMA: dict[str, Any] = {
    "config": dict[str, Any],  # the run's, interpolations resolved
    "fingerprint": str,  # hash of the part of it that cannot change
    "epoch": int,  # finished epochs
    "step": int,  # finished optimisation steps, and so the place in the schedule
    "steps_per_epoch": int,  # with epoch and step: the place in the shuffled order
    "tally": Sums,  # of the unfinished epoch: "samples", how many examples, and sums by name; null: not known
    "seconds": Numbers,  # spent on the run and on the unfinished epoch
    "history": list[Numbers],  # rows of metrics.csv that `metrics` does not cover
    "best": Numbers | None,  # epoch, and its figures: val_loss, ...
    "generators": dict[str, dict[str, Any]],  # states of the network's streams of random numbers, by layer
}
OPTIONAL: dict[str, Any] = {
    "callbacks": dict[str, dict[str, Any]],  # what callbacks keep, by name
    "data": str,  # hash of the examples, see `trainer.runs.data`
    "started_from": dict[str, str],  # path and sha256 of a file, see `trainer.runs.start`
    "metrics": dict[str, int | str],  # rows, bytes and sha256 of metrics.csv, see `trainer.runs.history`
}
ORIGIN = {"path", "sha256"}
WRITTEN = {"rows": int, "bytes": int, "sha256": str}


@dataclass(frozen=True)
class Checkpoint:
    """The content of a checkpoint.

    Attributes:
        tensors: Arrays of one floating dtype, by name.
        metadata: As `SCHEMA` says.
        origin: Where it was read from.
    """

    tensors: Mapping[str, np.ndarray]
    metadata: Mapping[str, Any]
    origin: str = "checkpoint"

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """The network's learned and kept parameters, without the optimizer's slots."""
        return {name: array for name, array in self.tensors.items() if not name.startswith(SLOTS)}

    def slots(self, name: str) -> dict[str, np.ndarray]:
        """Return one slot of the optimizer, by parameter."""
        prefix = f"{SLOTS}{name}/"
        return {key[len(prefix) :]: array for key, array in self.tensors.items() if key.startswith(prefix)}

    def restore(self, store: ParameterStore) -> None:
        """Copy the parameters into `store`. Raises CheckpointError unless they are exactly those that it declares."""
        self.copy(self.parameters, {name: store[name] for name in store})

    def copy(self, saved: Mapping[str, np.ndarray], targets: Mapping[str, np.ndarray]) -> None:
        """Copy saved arrays into `targets`, after checking that names, shapes and dtypes are the same."""
        for name in saved.keys() ^ targets.keys():
            problem = "which the network does not have" if name in saved else "missing"
            raise CheckpointError(f"{self.origin}: {name}, {problem}; it is of another network")
        for name, target in targets.items():
            if (saved[name].shape, saved[name].dtype) != (target.shape, target.dtype):
                is_, wants = (f"{array.dtype}{list(array.shape)}" for array in (saved[name], target))
                raise CheckpointError(f"{self.origin}: {name} is {is_}, the network needs {wants}")
        for name, target in targets.items():
            np.copyto(target, saved[name])


def write(checkpoint: Checkpoint, path: Path) -> None:
    """Replace the file at `path` by `checkpoint`, whole and on the disk, or keep it and raise CheckpointError."""
    if spoilt := _not_finite(checkpoint.tensors):
        raise CheckpointError(f"{path}: {spoilt}, so the file is not written")
    text = json.dumps({"format": FORMAT, **checkpoint.metadata}, separators=(",", ":"))
    content = safetensors.numpy.save(dict(checkpoint.tensors), {KEY: text})
    try:
        path.parent.mkdir(exist_ok=True)
        with replacing(path, durable=True) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        kept = "; the previous checkpoint is whole" if path.exists() else ""
        raise CheckpointError(f"{path}: cannot be written: {error.strerror or error}{kept}") from error


def read(path: Path | str) -> Checkpoint:
    """Return the checkpoint in the file at `path`.

    Raises:
        CheckpointError: There is no file, it is cut off or of another format, or something in it is invalid.
    """
    with _as_checkpoint_error(path):
        return _read(Path(path))


def read_fitting(path: Path, wanted: Mapping[str, Shape]) -> tuple[dict[str, np.ndarray], dict[str, Shape]]:
    """Return the arrays of a safetensors file, of this program or another, that have a wanted name and its shape.

    Returns:
        Those arrays, which are finite floats, and the shapes of everything in the file except an optimizer's slots.

    Raises:
        CheckpointError: There is no such file, it is cut off, or one of those arrays holds something else.
    """
    found, shapes = {}, {}
    with _as_checkpoint_error(path), _opened(path) as file:
        for name in file.keys():  # noqa: SIM118  it is not a mapping
            if name.startswith(SLOTS):
                continue
            part = file.get_slice(name)
            shapes[name] = tuple(part.get_shape())
            if wanted.get(name) == shapes[name]:
                kind = part.get_dtype()
                _require(kind in FOREIGN_FLOATS, f"{name} is of type {kind}; save it as float32")
                found[name] = file.get_tensor(name)
        if spoilt := _not_finite(found):
            raise _InvalidError(spoilt)
    return found, shapes


@contextmanager
def _as_checkpoint_error(path: Path | str) -> Iterator[None]:
    """Within, make whatever goes wrong with reading a file a CheckpointError of one line."""
    try:
        yield
    except FileNotFoundError as error:
        raise CheckpointError(f"{path}: no such file") from error
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror or error}") from error
    except safetensors.SafetensorError as error:
        raise CheckpointError(f"{path}: not a whole safetensors file ({error})") from error
    except _InvalidError as error:
        raise CheckpointError(f"{path}: {error}") from error


class _InvalidError(Exception):
    """What is wrong with a file, without its name."""


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    _require(path.is_file() or not path.exists(), "not a file")
    _require(path.stat().st_size <= LARGEST, "too large for a checkpoint")
    with safetensors.safe_open(path, framework="np") as file:
        yield file


def _read(path: Path) -> Checkpoint:
    with _opened(path) as file:
        metadata = _metadata(file.metadata() or {})
        names = list(file.keys())
        kinds = {file.get_slice(name).get_dtype() for name in names}
        _require(len(kinds) == 1 and kinds <= FLOATS, f"holds {', '.join(sorted(kinds)) or 'nothing'}, not floats")
        tensors = {name: file.get_tensor(name) for name in names}
    if spoilt := _not_finite(tensors):
        raise _InvalidError(spoilt)
    return Checkpoint(tensors, metadata, str(path))


def _not_finite(tensors: Mapping[str, np.ndarray]) -> str | None:
    wrong = (name for name, array in tensors.items() if not np.isfinite(array).all())
    return next((f"{name} holds values that are not finite" for name in wrong), None)


def _metadata(texts: Mapping[str, str]) -> dict[str, Any]:
    _require(KEY in texts, "a safetensors file, but not a checkpoint of this program")
    try:
        found = json.loads(texts[KEY])
    except (ValueError, RecursionError) as error:
        raise _InvalidError("its metadata is not JSON") from error
    _require(isinstance(found, dict) and isinstance(found.get("format"), int), "its metadata names no format")
    version = found.pop("format")
    _require(version <= FORMAT, f"format {version} is newer than this program, which reads {FORMAT}; update it")
    _require(version >= 1, f"format {version} is no longer read")
    known = SCHEMA | OPTIONAL
    _require(SCHEMA.keys() <= found.keys() <= known.keys(), f"its metadata must be {', '.join(SCHEMA)}")
    try:
        checked = {name: check(found[name], known[name], name) for name in known if name in found}
    except ConfigError as error:
        raise _InvalidError(f"metadata: {error.key}: {error}") from error
    if version == 1:
        checked["tally"] = {name: value for name, value in checked["tally"].items() if value is not None}
    epoch, step, per_epoch = (checked[name] for name in ("epoch", "step", "steps_per_epoch"))
    in_place = per_epoch >= 1 and epoch >= 0 and 0 <= step - epoch * per_epoch <= per_epoch
    _require(in_place, f"metadata: step {step} is not in epoch {epoch} of {per_epoch} steps")
    metrics = checked.get("metrics", {"rows": 0, "bytes": 0, "sha256": ""})
    fits = {name: type(value) for name, value in metrics.items()} == WRITTEN and 0 <= metrics["rows"] <= epoch
    _require(fits, "metadata: metrics are not what is known of metrics.csv")
    origin = checked.get("started_from", dict.fromkeys(ORIGIN, ""))
    _require(origin.keys() == ORIGIN, "metadata: started_from is not a path and its sha256")
    rows = metrics["rows"] + len(checked["history"])
    _require(rows == epoch, f"metadata: {rows} rows of {epoch} epochs")
    return checked


def _require(fits: bool, problem: str) -> None:
    if not fits:
        raise _InvalidError(problem)
