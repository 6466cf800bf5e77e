"""Fills in options that follow from the data's files, such as the number of classes; others may refer to them."""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import DictConfig, OmegaConf

from trainer.compose.plain import CLASS_WEIGHTS, plain
from trainer.ground.errors import ConfigError
from trainer.ground.overrides import last
from trainer.ground.streams import stream
from trainer.ground.values import check, child, suggestion

AUTO, BALANCED = "auto", "balanced"
MEASURED = {"input": ("mean", "std"), "target": ("target_mean", "target_std")}  # of training examples, by their field
SIZES = ("out_features", "out_channels")  # options of layers that may be auto: as many as the data need


def as_plain(composed: DictConfig | Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """Return a configuration as plain values; one that Hydra composed is completed, and its interpolations resolved.

    Raises:
        ConfigError, DataError: See `completed` and `trainer.compose.plain.plain`.
    """
    if not isinstance(composed, DictConfig):
        return deepcopy(dict(composed))
    composed, data = completed(composed, overrides)
    return plain(composed) | ({} if data is None else {"data": data})


def completed(composed: DictConfig, overrides: Sequence[str]) -> tuple[DictConfig, dict[str, Any] | None]:
    """Return the configuration with values for those options of the data that are "auto".

    They come from `Dataset.completed`; mean and std, of inputs and targets, are measured on the training examples.

    Args:
        composed: What Hydra composed.
        overrides: The overrides of the command line; the packages that they allow may be named.

    Returns:
        The configuration with the numbers filled in, so that other options may refer to them; and all options of the
        data, or None if nothing was auto. Texts from files are only in the second: in the first, "${...}" would mean
        something.

    Raises:
        ConfigError, DataError: There are no such data, or their files do not tell.
    """
    data: Any = composed.get("data")
    written: Any = OmegaConf.to_container(data) if OmegaConf.is_dict(data) else {}
    if AUTO not in written.values():
        return composed, None
    from trainer.datasets import Dataset
    from trainer.ground.targets import at_fault, check_options, resolve
    from trainer.training.limit import held_out

    options = plain(data)
    allow = () if last("allow", overrides) is None else tuple(composed.get("allow", ()))
    kind: Any = resolve(options, Dataset, "data", allow)
    check_options(kind, options, "data")
    share = check(composed.get("validation", 0.0), float, "validation")
    validation = held_out({"validation": share, "fold": composed.get("fold")})
    seed = check(composed.get("seed", 0), int, "seed")
    try:
        options = kind.completed(options, validation, stream(seed, "split"))
    except ValueError as error:
        raise at_fault(error, kind, options, "data") from error
    if any(options.get(name) == AUTO for names in MEASURED.values() for name in names):
        options |= _measured(options, validation, seed, allow)
    return OmegaConf.merge(composed, {"data": {name: v for name, v in options.items() if _is_number(v)}}), options


def with_outputs(config: dict[str, Any], allow: tuple[str, ...] = ()) -> None:
    """Replace layer sizes that are auto by the number of outputs that the data need.

    Raises:
        ConfigError: The data do not say how many they need.
    """
    from trainer.datasets import Dataset
    from trainer.ground.targets import resolve

    for spec, name, key in _auto_sizes(config["model"].get("layers"), "model.layers"):
        options = config["data"]
        kind: Any = resolve(options, Dataset, "data", allow)
        outputs = kind.outputs(options)
        if outputs is None:
            raise ConfigError("auto: the data say neither num_classes nor num_values; give a number", key)
        spec[name] = outputs


def with_class_weights(config: dict[str, Any], allow: tuple[str, ...] = ()) -> None:
    """Make of `loss.class_weights` a number for each class: balanced ones follow from the training examples.

    Raises:
        ConfigError, DataError: The data have no such classes, or cannot be read.
    """
    given, key = config["loss"].get("class_weights"), CLASS_WEIGHTS
    if given is None or isinstance(given, list | tuple):
        return
    from trainer.datasets import Dataset
    from trainer.ground.targets import instantiate, resolve
    from trainer.models.losses import ClassWeighted, Loss
    from trainer.problems import Problem, usual

    dataset: Dataset = instantiate(config["data"], Dataset, "data", allow=allow)
    problem: Any = usual(dataset.num_classes)
    if dataset.problem is not None:
        problem = resolve({"_target_": dataset.problem}, Problem, "data.problem", allow)
    loss: Any = resolve({"_target_": config["loss"].get("_target_") or problem.loss}, Loss, "loss", allow)
    if not issubclass(loss, ClassWeighted):
        return  # it has no such option, which is reported later
    if dataset.num_classes is None:
        raise ConfigError("the data have no classes; leave it out", key)
    if isinstance(given, Mapping):
        named = {str(name): check(value, float, child(key, name)) for name, value in given.items()}
        for name in named:
            if name not in dataset.class_names:
                raise ConfigError(f"no class '{name}'{suggestion(name, dataset.class_names)}", child(key, name))
        weights = [named.get(name, 1.0) for name in dataset.class_names]
    elif given == BALANCED:
        counts, examples = _counted(config, dataset)
        weights = loss.balanced(counts, examples).tolist()
    else:
        raise ConfigError(f"'{given}' is neither {BALANCED} nor a weight for each class, as in {{cat: 2, dog: 1}}", key)
    config["loss"] = config["loss"] | {"class_weights": weights}


def _counted(config: Mapping[str, Any], dataset: Any) -> tuple[np.ndarray, int]:
    """Return how many training examples of a run each class or label has (K,), and how many there are."""
    from trainer.datasets import TARGET
    from trainer.datasets.dataset import check_labels
    from trainer.training.limit import held_out, limited

    seed, classes = config["seed"], dataset.num_classes
    train = limited(dataset.load(held_out(config), stream(seed, "split")), config["limit"], seed).train
    counts = np.zeros(classes)
    for targets in train.chunks(TARGET):
        labels = targets.ndim == 1
        part = np.bincount(check_labels(targets, classes, dataset.name)) if labels else targets.sum(axis=0)
        counts[: len(part)] += part
    return counts, len(train)


def _auto_sizes(spec: Any, key: str) -> list[tuple[dict[str, Any], str, str]]:
    if not isinstance(spec, dict):
        return []
    found = [(spec, name, f"{key}.{name}") for name in SIZES if spec.get(name) == AUTO]
    for name, value in spec.items():
        found += _auto_sizes(value, f"{key}.{name}")
    return found


def _measured(options: Mapping[str, Any], validation: Any, seed: int, allow: tuple[str, ...]) -> dict[str, Any]:
    """Return mean and std of the training examples' inputs and targets, where they are auto."""
    asked = {name for names in MEASURED.values() for name in names if options.get(name) == AUTO}
    given = {**options, **dict.fromkeys(asked)}
    stamps = _stamps(given, allow)
    measure = _statistics if stamps else _statistics.__wrapped__
    fields = tuple(field for field, names in MEASURED.items() if not asked.isdisjoint(names))
    found = measure(json.dumps(given), validation, seed, allow, stamps, fields)
    return {name: list(found[name]) for name in found if name in asked}


@lru_cache(maxsize=1)
def _statistics(
    text: str, validation: Any, seed: int, allow: tuple[str, ...], stamps: tuple, fields: tuple[str, ...]
) -> dict[str, list[float]]:
    """Return mean and std of these fields, by the names of the options, for the options that `text` contains as JSON.

    A configuration is checked before its run has a directory, and again within it; this spares large files the second
    pass, as long as their `stamps` are the same.
    """
    from trainer.datasets import TARGET, Dataset
    from trainer.datasets.statistics import mean_and_std
    from trainer.ground.targets import instantiate

    dataset = instantiate(json.loads(text), Dataset, "data", allow=allow)
    train = dataset.load(validation, stream(seed, "split")).train
    if TARGET in fields and (dataset.num_classes is not None or len(train.fields[TARGET].shape) != 1):
        raise ConfigError("auto: the targets are not vectors of values; leave it out", "data.target_std")
    return {
        name: value for field in fields for name, value in zip(MEASURED[field], mean_and_std(train, field), strict=True)
    }


def _stamps(options: Mapping[str, Any], allow: tuple[str, ...]) -> tuple:
    """Return path, size and time of change of the data's files; none if these are not all, as in a folder."""
    from trainer.runs.data import places

    named = [options[name] for name in places({"data": options, "allow": allow}) if options[name] is not None]
    files = [Path(name).expanduser() for name in named]
    if not all(file.is_file() for file in files):
        return ()
    return tuple((str(file.absolute()), file.stat().st_size, file.stat().st_mtime_ns) for file in files)


def _is_number(value: Any) -> bool:
    return value is None or isinstance(value, int | float) or (isinstance(value, list) and all(map(_is_number, value)))
