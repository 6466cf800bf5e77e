"""Options of the data that follow from its files, such as the number of classes: others may refer to them."""

from collections.abc import Sequence
from typing import Any

from omegaconf import DictConfig, OmegaConf

from trainer.ground.overrides import last

AUTO = "auto"


def completed(composed: DictConfig, overrides: Sequence[str]) -> DictConfig:
    """The configuration with values for those options of the data that are "auto", as `Dataset.completed` gives them.

    Arguments:
        composed: what Hydra composed.
        overrides: of the command line; packages that it allows may be named.

    Raises:
        ConfigError, DataError: no such data, or their files do not tell.
    """
    data: Any = composed.get("data")
    if not OmegaConf.is_dict(data) or AUTO not in OmegaConf.to_container(data).values():
        return composed
    from trainer.compose.targets import at_fault, resolve
    from trainer.datasets import Dataset

    options = OmegaConf.to_container(data, resolve=True)
    allow = () if last("allow", overrides) is None else tuple(composed.get("allow", ()))
    kind: Any = resolve(options, Dataset, "data", allow)
    try:
        return OmegaConf.merge(composed, {"data": kind.completed(options)})
    except ValueError as error:
        raise at_fault(error, kind, options, "data") from error
