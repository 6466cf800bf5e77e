"""Composes configs/ with overrides, by Hydra's rules but without Hydra's global state.

`hydra.compose` uses the one Hydra of the process, which may belong to a host program. Schemas that the program has
stored under names such as `config` or `optimizer/adam` would then be applied to our files too.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import copy
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

# Private, since Hydra's public functions compose through the one GlobalHydra, which other threads may be using.
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import ConfigRepository
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra.core.config_loader import ConfigLoader
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep as IntervalSweep
from hydra.core.override_parser.types import Override as Override
from hydra.core.override_parser.types import RangeSweep as RangeSweep
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.launcher import Launcher as Launcher
from hydra.types import RunMode
from omegaconf import DictConfig as DictConfig
from omegaconf import OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from trainer import CONFIGS
from trainer.compose.composed import Composed, UnfitError

NAME = "config"  # of the file that names all others

_lock = Lock()  # Hydra parses and composes in one thread at a time only


def compose(overrides: Sequence[str], folders: Sequence[Path] = ()) -> DictConfig:
    """Return the configuration that `overrides` ask for, with its `hydra` node.

    Args:
        overrides: As on the command line.
        folders: With configurations besides ours, as given with --config-dir.

    Raises:
        HydraException, yaml.YAMLError: the overrides make no configuration.
    """
    with _lock:
        if not folders:
            with suppress(UnfitError, OmegaConfBaseException, HydraException):  # Hydra says below what is wrong
                return _known(_stamps()).compose(NAME, overrides)
        return _Loader(folders).load_configuration(NAME, list(overrides), RunMode.RUN, from_shell=False)


def files(overrides: Sequence[str], folders: Sequence[Path] = ()) -> list[tuple[Path, list[str]]]:
    """Return the files that are composed, in order of merging, each with the key under which its content is put.

    Empty if the overrides make no configuration. Arguments as in `compose`.
    """
    with _lock:
        try:
            defaults = _Loader(folders).compute_defaults_list(NAME, list(overrides), RunMode.RUN).defaults
        except HydraException:
            return []
    found = []
    for default in defaults:
        paths = (folder / f"{default.config_path}.yaml" for folder in (CONFIGS, *folders))
        if file := next((path for path in paths if path.is_file()), None):
            found.append((file, default.package.split(".") if default.package else []))
    return found


def parse(overrides: Sequence[str], loader: ConfigLoader | None = None) -> list[Override]:
    """Return the overrides, parsed; `loader` knows the choices that a glob(...) matches.

    Raises:
        HydraException: One of them is not an override.
    """
    with _lock:
        return OverridesParser.create(loader).parse_overrides(list(overrides))


def without_hydra(composed: DictConfig) -> DictConfig:
    """Return a composed configuration without the part that is Hydra's own."""
    return OmegaConf.masked_copy(composed, [key for key in composed if key != "hydra"])


def replaced(composed: DictConfig, values: Mapping[str, Any]) -> DictConfig:
    """Return a composed configuration in which the values of these dotted keys are replaced as a whole."""
    with open_dict(composed):
        for key, value in values.items():
            OmegaConf.update(composed, key, value, merge=False, force_add=True)
    return composed


@lru_cache(maxsize=1)
def _known(stamps: tuple[tuple[str, int], ...]) -> Composed:
    """Return a loader for our own files, which notebooks and searches ask again and again, as they are at `stamps`."""
    return Composed(_Loader(()))


def _stamps() -> tuple[tuple[str, int], ...]:
    """Return each of our own files with the time of its last change, in nanoseconds."""
    return tuple((str(path), path.stat().st_mtime_ns) for path in sorted(CONFIGS.rglob("*.yaml")))


class _Repository(ConfigRepository):
    """Files and Hydra's own schemas, but no schemas that others have stored in this process."""

    def initialize_sources(self, config_search_path: ConfigSearchPath) -> None:
        super().initialize_sources(config_search_path)
        schemas: Any = self.get_schema_source()
        stored = schemas.store.repo
        schemas.store = copy(schemas.store)
        schemas.store.repo = {"hydra": stored["hydra"]}


class _Loader(ConfigLoaderImpl):
    """Hydra's loader, for our own files and those in `folders`."""

    def __init__(self, folders: Sequence[Path]) -> None:
        Plugins.instance()  # Hydra's kinds of sources are known once its plugins are
        self.config_search_path = ConfigSearchPathImpl()
        self.config_search_path.append("hydra", "pkg://hydra.conf")
        for folder in (CONFIGS, *folders):
            self.config_search_path.append("main", f"file://{folder}")
        self.config_search_path.append("schema", "structured://")
        self.repository = _Repository(self.config_search_path)
