"""Every run has a directory of its own."""

from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig


def claim(path: Path) -> Path:
    """Creates and returns `path`, or the first free one of `path-2`, `path-3`, ...: atomic, so never shared."""
    for number in count(1):
        free = path if number == 1 else path.with_name(f"{path.name}-{number}")
        try:
            free.mkdir(parents=True)
            return free
        except FileExistsError:
            continue
    raise AssertionError("unreachable")


class ExclusiveDirectory(Callback):
    """Hydra callback: two runs started in one second get two directories. A directory given by hand is left alone."""

    def on_run_start(self, config: DictConfig, **_: Any) -> None:
        self._claim(config, "run")

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        # The jobs compose their configuration anew from the overrides, so the choice is passed on as one.
        self._claim(config, "sweep")
        config.hydra.overrides.hydra.append(f"hydra.sweep.dir='{config.hydra.sweep.dir}'")

    @staticmethod
    def _claim(config: DictConfig, kind: str) -> None:
        if any(override.startswith(f"hydra.{kind}.dir=") for override in config.hydra.overrides.hydra):
            return
        # Hydra makes the directory again and then says why it cannot; of errors in callbacks it only warns.
        with suppress(OSError):
            config.hydra[kind].dir = str(claim(Path(config.hydra[kind].dir)))
