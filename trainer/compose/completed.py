"""Options that follow from the files of the data, such as the number of classes: others may refer to them."""

from collections.abc import Mapping, Sequence
from typing import Any

from omegaconf import DictConfig, OmegaConf

from trainer.ground.errors import ConfigError
from trainer.ground.overrides import last
from trainer.ground.streams import stream
from trainer.ground.values import check

AUTO = "auto"
SIZES = ("out_features", "out_channels")  # options of layers that may be auto: as many as the data need


def completed(composed: DictConfig, overrides: Sequence[str]) -> tuple[DictConfig, dict[str, Any] | None]:
    """Return the configuration with values for those options of the data that are "auto".

    They come from `Dataset.completed`; mean and std are measured on the training examples.

    Args:
        composed: what Hydra composed.
        overrides: of the command line; packages that it allows may be named.

    Returns:
        The configuration, in which numbers are filled in, so that other options may refer to them, and the options of
        the data, whole: texts from files stay out of the first, where "${...}" would mean something. None if nothing
        was auto.

    Raises:
        ConfigError, DataError: no such data, or their files do not tell.
    """
    data: Any = composed.get("data")
    written: Any = OmegaConf.to_container(data) if OmegaConf.is_dict(data) else {}
    if AUTO not in written.values():
        return composed, None
    from trainer.compose.targets import at_fault, check_options, resolve
    from trainer.datasets import Dataset

    options: Any = OmegaConf.to_container(data, resolve=True)
    allow = () if last("allow", overrides) is None else tuple(composed.get("allow", ()))
    kind: Any = resolve(options, Dataset, "data", allow)
    check_options(kind, options, "data")
    validation = check(composed.get("validation", 0.0), float, "validation")
    seed = check(composed.get("seed", 0), int, "seed")
    try:
        options = kind.completed(options, validation, stream(seed, "split"))
    except ValueError as error:
        raise at_fault(error, kind, options, "data") from error
    if AUTO in (options.get("mean"), options.get("std")):
        options |= _measured(options, validation, seed, allow)
    return OmegaConf.merge(composed, {"data": {name: v for name, v in options.items() if _is_number(v)}}), options


def with_outputs(config: dict[str, Any], allow: tuple[str, ...] = ()) -> None:
    """Fill in the sizes of layers that are auto, with the number of outputs that the data need.

    Raises:
        ConfigError: the data do not say how many.
    """
    from trainer.compose.targets import resolve
    from trainer.datasets import Dataset

    for spec, name, key in _auto_sizes(config["model"].get("layers"), "model.layers"):
        options = config["data"]
        kind: Any = resolve(options, Dataset, "data", allow)
        outputs = kind.outputs(options)
        if outputs is None:
            raise ConfigError("auto: the data say neither num_classes nor num_values; give a number", key)
        spec[name] = outputs


def _auto_sizes(spec: Any, key: str) -> list[tuple[dict[str, Any], str, str]]:
    if not isinstance(spec, dict):
        return []
    found = [(spec, name, f"{key}.{name}") for name in SIZES if spec.get(name) == AUTO]
    for name, value in spec.items():
        found += _auto_sizes(value, f"{key}.{name}")
    return found


def _measured(options: Mapping[str, Any], validation: float, seed: int, allow: tuple[str, ...]) -> dict[str, Any]:
    """Return mean and std of the training examples, where they are auto."""
    from trainer.compose.targets import instantiate
    from trainer.datasets import Dataset
    from trainer.datasets.statistics import mean_and_std

    asked = [name for name in ("mean", "std") if options.get(name) == AUTO]
    dataset = instantiate({**options, **dict.fromkeys(asked)}, Dataset, "data", allow=allow)
    found = mean_and_std(dataset.load(validation, stream(seed, "split")).train)
    return {name: value for name, value in zip(("mean", "std"), found, strict=True) if name in asked}


def _is_number(value: Any) -> bool:
    return value is None or isinstance(value, int | float) or (isinstance(value, list) and all(map(_is_number, value)))
