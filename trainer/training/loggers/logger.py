"""The contract of a logger: what a tracker is given, and when."""

import logging
from abc import abstractmethod
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from trainer.ground.text import printable
from trainer.ground.values import flat
from trainer.runs.folder import BEST, CONFIG, CONTINUATIONS, LAST, LAYER_FIGURES, LAYERS, LOG, METRICS, PAGE, PLOTS
from trainer.training.callbacks.callback import Callback
from trainer.training.run import Run

FILES = (CONFIG, LAYERS, METRICS, LAYER_FIGURES, CONTINUATIONS, PAGE, LOG)

log = logging.getLogger("trainer")


class Logger(Callback):
    """Hands a run to a tracker: its settings at the start, figures after each epoch, pictures and files at the end.

    A subclass says how its tracker takes each; this class says what and when. A run that is resumed goes on in the same
    tracked run: checkpoints keep the `identity` that `begin` returned. A tracker that fails is given up with one line,
    and never ends the run. What it prints is not shown.

    A logger of your own is a subclass; a configuration names it among its callbacks.
    """

    def __init__(self) -> None:
        self.identity: str | None = None
        self._failed = False

    @abstractmethod
    def begin(self, run: Run, identity: str | None, settings: Mapping[str, Any]) -> str | None:
        """Begin a tracked run, or go on with the one of this identity at epoch `run.epoch`.

        Args:
            run: The run.
            identity: What an earlier `begin` returned; None: this is a new run.
            settings: The configuration, flat: dotted key → value.

        Returns:
            What identifies the tracked run; None if it needs nothing of the kind.
        """

    @abstractmethod
    def figures(self, figures: Mapping[str, float], epoch: int) -> None:
        """Take figures of an epoch by names such as loss/train, accuracy/val and lr."""

    @abstractmethod
    def picture(self, name: str, path: Path, epoch: int) -> None:
        """Take a PNG file."""

    @abstractmethod
    def file(self, name: str, path: Path) -> None:
        """Take a file, whose name is its path in the run's directory."""

    @abstractmethod
    def end(self, status: str) -> None:
        """End the tracked run, which has `completed`, `stopped` or `failed`."""

    def histogram(self, name: str, values: np.ndarray, epoch: int) -> None:
        """Take the values of a parameter. Without this method none are handed over."""

    def text(self, name: str, text: str, epoch: int) -> None:
        """Take what a network for texts has written after an epoch. Without this method nothing is handed over."""

    def on_fit_start(self, run: Run) -> None:
        def begin() -> None:
            self.identity = self.begin(run, self.identity, flat(run.config))

        self._try(begin)

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        self._try(self.figures, named(row), run.epoch)
        if type(self).histogram is not Logger.histogram and run.probe is not None:
            for name in run.probe.parameters:
                self._try(self.histogram, name, run.probe.parameters[name], run.epoch)
        if type(self).text is not Logger.text and run.text:
            self._try(self.text, "continuation", run.text, run.epoch)

    def on_fit_end(self, run: Run, result: dict) -> None:
        """Hand over what is left. It is told of the end after all callbacks that write files."""
        test = {f"{name}/test": value for name, value in (result.get("test") or {}).items() if value is not None}
        if test:
            self._try(self.figures, test, run.epoch)
        for path in sorted((run.directory / PLOTS).glob("*.png")):
            self._try(self.picture, path.stem, path, run.epoch)
        weights = next((name for name in (BEST, LAST) if (run.directory / name).is_file()), None)
        for name in (*FILES, *([weights] if weights else ())):
            if (run.directory / name).is_file():
                self._try(self.file, name, run.directory / name)
        self._try(self.end, result["status"])

    def state(self) -> dict[str, Any] | None:
        return None if self.identity is None else {"identity": self.identity}

    def restore(self, state: dict[str, Any]) -> None:
        self.identity = str(state["identity"])

    def _try(self, do: Callable[..., None], *arguments: Any) -> None:
        if self._failed:
            return
        try:
            with redirect_stdout(StringIO()):
                do(*arguments)
        except Exception as error:
            self._failed = True
            reason = " ".join(str(error).split())[:300] or type(error).__name__
            log.warning("warning: %s", printable(f"{type(self).__name__} is given up, the run goes on: {reason}"))


def named(row: Mapping[str, float | None]) -> dict[str, float]:
    """Return a row of metrics.csv as figures, without those that are None: train_loss is called loss/train."""
    found = {}
    for name, value in row.items():
        part, _, metric = name.partition("_")
        if name != "epoch" and value is not None:
            found[f"{metric}/{part}" if part in ("train", "val") else name] = value
    return found
