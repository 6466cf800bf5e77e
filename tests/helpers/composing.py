"""What makes composing quick in tests: Hydra takes 0.1 s, and they compose some thousand times in one process."""

from pathlib import Path
from threading import Lock
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl
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
loaders: dict[tuple[Any, ...], Composed] = {}
lock = Lock()


def make_quick() -> None:
    """Let Hydra compose the files of `configs/` as jobs of a sweep are composed: once for each choice of files.

    tests/trainer/compose/test_composed.py compares the two. Whatever `Composed` leaves to Hydra, Hydra does.
    """
    ConfigLoaderImpl.load_configuration = _load_configuration


def _load_configuration(
    self: ConfigLoaderImpl,
    config_name: str,
    overrides: list[str],
    run_mode: RunMode,
    from_shell: bool = True,
    validate_sweep_overrides: bool = True,
) -> DictConfig:
    how = run_mode, from_shell, validate_sweep_overrides
    files = [source.path for source in self.get_sources() if source.scheme() == "file"]
    ours = files == [str(CONFIGS)] and not (CONFIGS / "local").exists()
    if ours and not any("," in override or "(" in override for override in overrides):
        with lock:
            composed = loaders.setdefault((type(self), *how), Composed(_Hydras(self, *how)))
        try:
            config = composed.compose(config_name, overrides)
            config.hydra.runtime.cwd = str(Path.cwd())
            return config
        except (UnfitError, OmegaConfBaseException):
            pass
    return hydras(self, config_name, overrides, *how)
