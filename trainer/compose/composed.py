"""The configurations of jobs, composed in milliseconds."""

import copy
import re
from collections.abc import Sequence
from threading import Lock
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

PLACES = ("hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir")  # Hydra's own options that differ between runs


class Composed:
    """A loader like Hydra's, which composes only once what jobs have in common.

    Jobs with the same choice from every group differ only in plain values, which are set in copies of the configuration
    that these choices make. That takes 10 ms; composing takes 100.
    """

    def __init__(self, loader: ConfigLoader) -> None:
        self._loader = loader
        self._choices: dict[tuple[str, ...], DictConfig] = {}
        self._groups: dict[str, bool] = {}
        self._lock = Lock()  # Hydra composes in one thread at a time only

    def load_sweep_config(self, master_config: DictConfig, sweep_overrides: Sequence[str]) -> DictConfig:
        """Return the same as Hydra's method of this name."""
        given = [*OmegaConf.to_container(master_config.hydra.overrides.hydra), *sweep_overrides]
        with self._lock:
            try:
                config = self.compose(master_config.hydra.job.config_name, given)
                OmegaConf.copy_cache(from_config=master_config, to_config=config)  # the same time of day in all jobs
                return config
            except (UnfitError, OmegaConfBaseException):  # Hydra says what is wrong
                return self._loader.load_sweep_config(master_config, list(sweep_overrides))

    def compose(self, name: str, given: Sequence[str]) -> DictConfig:
        """Return the configuration of this name with the overrides `given`, in a copy.

        Raises:
            UnfitError, OmegaConfBaseException: An override is wrong, or goes beyond what is done here.
            HydraException: The choices make no configuration.
        """
        overrides = OverridesParser.create().parse_overrides(list(given))
        values = [override for override in overrides if self._is_value(override)]
        config = self._chosen(name, [override for override in overrides if override not in values])
        for override in values:
            _apply(override, config)
        task = [override for override in overrides if not override.is_hydra_override()]
        config.hydra.overrides.task = [override.input_line for override in task]
        config.hydra.overrides.hydra = [override.input_line for override in overrides if override.is_hydra_override()]
        config.hydra.job.override_dirname = _name(task, **config.hydra.job.config.override_dirname)
        return config

    def _chosen(self, name: str, choices: Sequence[Override]) -> DictConfig:
        """Return a copy of what Hydra composes from the choices alone."""
        lines = [override.input_line for override in choices]
        key = (name, *lines)
        if key not in self._choices:
            self._choices[key] = self._loader.load_configuration(name, lines, run_mode=RunMode.RUN)
        return copy.deepcopy(self._choices[key])

    def _is_value(self, override: Override) -> bool:
        """Whether an override sets a value in what has been composed already."""
        key = override.key_or_group
        if key.partition(".")[0] == "hydra":
            return key in PLACES
        return isinstance(override.value(), dict) or not self._is_group(key)

    def _is_group(self, key: str) -> bool:
        """Whether a key names a group of files; Hydra, which takes 5 ms to say so, is asked only once."""
        if "." in key:  # a path to a value
            return False
        if key not in self._groups:
            self._groups[key] = bool(self._loader.get_group_options(key, None))
        return self._groups[key]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._loader, name)

    def __reduce__(self) -> tuple[type, tuple[ConfigLoader]]:
        return Composed, (self._loader,)


class UnfitError(Exception):
    """An override cannot be applied here."""


def _apply(override: Override, config: DictConfig) -> None:
    """Set, add or delete one value, by Hydra's rules. Raises UnfitError, OmegaConfBaseException."""
    key, value = override.key_or_group, override.value()
    # Only where it matters: what is replaced may have no value yet, as hydra.sweep.subdir before a job has a number.
    there = (override.is_add() or override.is_delete()) and OmegaConf.select(config, key) is not None
    if override.package is not None or (override.is_delete() and (value is not None or not there)):
        raise UnfitError
    if override.is_delete():
        around, _, name = key.rpartition(".")
        with open_dict(config):
            del (OmegaConf.select(config, around) if around else config)[name]
        return
    if override.is_add() and there and not isinstance(value, dict | list):
        raise UnfitError
    OmegaConf.update(config, key, value, merge=True, force_add=override.is_add() or override.is_force_add())


def _name(overrides: Sequence[Override], kv_sep: str, item_sep: str, exclude_keys: Sequence[str]) -> str:
    """Return what Hydra calls the override_dirname of a job."""
    lines = sorted(str(override.input_line) for override in overrides if override.key_or_group not in exclude_keys)
    return re.sub("=", lambda _: kv_sep, item_sep.join(lines))
