"""What makes composing quick in tests: Hydra takes 0.1 s, and they compose some thousand times in one process."""

import pickle
from pathlib import Path
from threading import Lock
from typing import Any

from hydra._internal import defaults_list
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import ConfigRepository
from hydra._internal.hydra import Hydra
from hydra.core.config_store import ConfigStore
from hydra.core.default_element import InputDefault
from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigResult
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from trainer import CONFIGS
from trainer.compose.composed import Composed, UnfitError


class _Hydras:
    """Hydra's own loader, but for one way to load."""

    def __init__(self, loader: ConfigLoaderImpl, *how: Any) -> None:
        self._loader, self._how = loader, how

    def load_configuration(self, name: str, overrides: list[str], run_mode: RunMode) -> DictConfig:
        return hydras(self._loader, name, overrides, *self._how)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


hydras = ConfigLoaderImpl.load_configuration
hydras_choices = defaults_list._create_interpolation_map
hydras_mode = Hydra.get_mode
hydras_file = ConfigRepository.load_config
files: dict[tuple[str, str], bytes] = {}
loaders: dict[tuple[Any, ...], Composed] = {}
lock = Lock()


def make_quick() -> None:
    """Let Hydra compose the files of `configs/` as jobs of a sweep are composed: once for each choice of files.

    tests/trainer/compose/test_composed.py compares the two. Whatever `Composed` leaves to Hydra, Hydra does, but it
    reads a file of `configs/`, or of its own, only once.
    """
    ConfigLoaderImpl.load_configuration = _load_configuration
    Hydra.get_mode = _get_mode
    ConfigRepository.load_config = _load_file
    defaults_list._create_interpolation_map = _choices
    DictConfig.__deepcopy__ = _deepcopy
    ConfigStore.__deepcopy__ = lambda store, memo: store  # 5 ms each time; nothing is written to a copy


def _choices(overrides: Any, defaults: list[InputDefault], self_added: bool) -> DictConfig | None:
    """Return the choices so far, which cost a third of the time, if a file of these defaults is named by another."""
    needed = any(default.is_interpolation() for default in defaults)
    return hydras_choices(overrides, defaults, self_added) if needed else None


def _deepcopy(self: DictConfig, memo: dict[int, Any]) -> DictConfig:
    """Copy by pickle, in a third of the time; the parent is kept, not copied, as OmegaConf does it."""
    parent, self.__dict__["_parent"] = self.__dict__["_parent"], None
    try:
        copied = pickle.loads(pickle.dumps(self, pickle.HIGHEST_PROTOCOL))
    finally:
        self.__dict__["_parent"] = parent
    copied.__dict__["_parent"] = parent
    return copied


def _get_mode(self: Hydra, config_name: str | None, overrides: list[str]) -> RunMode | None:
    """Return what `hydra.mode` says, which a search sets; Hydra composes everything to learn that it says nothing."""
    asked = any("hydra.mode" in override or override.startswith("search=") for override in overrides)
    return hydras_mode(self, config_name, overrides) if asked else None


def _load_file(self: ConfigRepository, config_path: str) -> ConfigResult | None:
    source = self._find_object_source(config_path, ObjectType.CONFIG)
    ours = source is not None and source.scheme() == "file" and Path(source.path) == CONFIGS
    if not (ours or (source is not None and source.scheme() == "pkg")) or config_path.startswith("local/"):
        return hydras_file(self, config_path)
    key = source.path, config_path
    if key not in files:
        files[key] = pickle.dumps(hydras_file(self, config_path))
    return pickle.loads(files[key])


def _load_configuration(
    self: ConfigLoaderImpl,
    config_name: str,
    overrides: list[str],
    run_mode: RunMode,
    from_shell: bool = True,
    validate_sweep_overrides: bool = True,
) -> DictConfig:
    how = run_mode, from_shell, validate_sweep_overrides
    folders = [source.path for source in self.get_sources() if source.scheme() == "file"]
    whole = (CONFIGS / f"{config_name}.yaml").is_file() and not (CONFIGS / "local").exists()
    sweeps = any("," in override or "(" in override for override in overrides)
    if folders == [str(CONFIGS)] and whole and not sweeps:
        with lock:
            composed = loaders.setdefault((type(self), *how), Composed(_Hydras(self, *how)))
        try:
            config = composed.compose(config_name, overrides)
            config.hydra.runtime.cwd = str(Path.cwd())
            return config
        except (UnfitError, OmegaConfBaseException):
            pass
    return hydras(self, config_name, overrides, *how)
