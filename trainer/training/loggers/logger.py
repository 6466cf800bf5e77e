"""The contract of a logger: what a tracker is given, and when."""

import logging
import warnings
from abc import abstractmethod
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import StringIO
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from trainer.engine.watch import Watch, Watched
from trainer.ground.errors import UserError
from trainer.ground.text import printable
from trainer.ground.values import flat
from trainer.runs.folder import (
    BEST,
    CONFIG,
    CONTINUATIONS,
    LAST,
    LAYER_FIGURES,
    LAYERS,
    LOG,
    METRICS,
    PAGE,
    PLOTS,
    RECORD,
)
from trainer.runs.named import choices
from trainer.runs.records import read_metrics
from trainer.training.callbacks.callback import Callback
from trainer.training.run import Run
from trainer.views import filters

FILES = (CONFIG, LAYERS, METRICS, LAYER_FIGURES, CONTINUATIONS, PAGE, LOG)
GRADIENTS = Watch(parameters="*")

log = logging.getLogger("trainer")


class Logger(Callback):
    """Hands a run to a tracker: its settings at the start, figures after each epoch, pictures and files at the end.

    A subclass implements how its tracker takes each; this class decides what and when. A resumed run continues the same
    tracked run, without an epoch twice: checkpoints keep the `identity` that `begin` returned. A tracker that fails is
    given up with one line, and never ends the run. Its output is not shown, except its first warning.

    Your own logger is a subclass; a configuration names it among its callbacks.
    """

    forgets = False
    """Whether `begin` lets the tracker forget what it has of epochs after `run.epoch`: they are trained again."""

    def __init__(self) -> None:
        self.identity: str | None = None
        self._failed = self._warned = False
        self._had = 0  # the last epoch that the tracker has already
        self._gradients: dict[str, np.ndarray] = {}  # of the epoch's last step

    @abstractmethod
    def begin(self, run: Run, identity: str | None, settings: Mapping[str, Any]) -> str | None:
        """Begin a tracked run, or resume the one of this identity at epoch `run.epoch`.

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

    def histograms(self, values: Mapping[str, np.ndarray], epoch: int) -> None:
        """Take the finite values (n,) of each parameter, and those of its gradient in the epoch's last step.

        Without this method none are handed over, nor gradients watched.
        """

    def image(self, name: str, pixels: np.ndarray, epoch: int) -> None:
        """Take a picture (H, W, 3) uint8 of this epoch; 0 is before training. Without this method none are made."""

    def text(self, name: str, text: str, epoch: int) -> None:
        """Take what a network for texts has written after an epoch. Without this method nothing is handed over."""

    def on_fit_start(self, run: Run) -> None:
        """Begin. metrics.csv still has the epochs of a killed run that its checkpoint lacks; so has the tracker."""
        if self.identity is not None and not self.forgets:
            with suppress(UserError, OSError, IndexError):
                self._had = int(read_metrics(run.directory / METRICS)[-1]["epoch"])

        def begin() -> None:
            self.identity = self.begin(run, self.identity, flat(run.config))

        self._try(begin)
        if not run.step:
            self._try(self._image, run)

    def watch(self, run: Run) -> Watch | None:
        wanted = (run.step + 1) % run.steps_per_epoch == 0 and self._takes("histograms")
        return GRADIENTS if wanted and run.epoch >= self._had else None

    def on_watched(self, run: Run, watched: Watched) -> None:
        self._gradients = watched.parameters

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        if run.epoch > self._had:
            self._try(self._epoch, run, row)

    def on_fit_end(self, run: Run, result: dict) -> None:
        """Hand over what is left; called after all callbacks that write files."""
        found = {name: value for name, value in (result.get("test") or {}).items() if value is not None}
        test = {f"{name}/test": value for name, value in found.items() if isfinite(value)}
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

    def _takes(self, method: str) -> bool:
        return not self._failed and getattr(type(self), method) is not getattr(Logger, method)

    def _epoch(self, run: Run, row: Mapping[str, float | None]) -> None:
        """Hand over what there is of an epoch."""
        inside = {f"{figure}/{name}": value for name, found in run.layers.items() for figure, value in found.items()}
        self.figures(named(row) | inside, run.epoch)
        if self._takes("histograms") and run.probe is not None:
            store = run.probe.parameters
            values = {name: store[name] for name in store}
            values |= {f"gradients/{name}": gradient for name, gradient in self._gradients.items()}
            finite = {name: array[np.isfinite(array)] for name, array in values.items()}
            self.histograms({name: array for name, array in finite.items() if array.size}, run.epoch)
        self._image(run)
        if self._takes("text") and run.text:
            self.text("continuation", run.text, run.epoch)

    def _image(self, run: Run) -> None:
        """Hand over the filters of the first layer, if it looks at pictures."""
        if self._takes("image") and run.probe is not None and (found := filters.first(run.probe.graph)):
            name, shape = found
            self.image("filters", filters.picture(run.probe.parameters[name].reshape(-1, *shape)), run.epoch)

    def _try(self, do: Callable[..., None], *arguments: Any) -> None:
        if self._failed:
            return
        quiet = redirect_stdout(StringIO()), redirect_stderr(StringIO())
        try:
            with quiet[0], quiet[1], warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always", UserWarning)
                do(*arguments)
        except (Exception, SystemExit) as error:
            self._failed = True
            self._tell(" is given up, the run continues", error)
        else:
            meant = [each.message for each in warned if each.category is UserWarning]
            if meant and not self._warned:
                self._warned = True
                self._tell("", meant[0])

    def _tell(self, what: str, problem: BaseException | str) -> None:
        reason = " ".join(str(problem).split())[:300] or type(problem).__name__
        log.warning("warning: %s", printable(f"{self.name or type(self).__name__}{what}: {reason}"))


def named(row: Mapping[str, float | None]) -> dict[str, float]:
    """Return a row of metrics.csv as figures, without those that are not finite: train_loss is called loss/train."""
    found = {}
    for name, value in row.items():
        part, _, metric = name.partition("_")
        if name != "epoch" and value is not None and isfinite(value):
            found[f"{metric}/{part}" if part in ("train", "val") else name] = value
    return found


def sweep_of(run: Run) -> str | None:
    """Return the name of the sweep that a run is a job of; None: of none."""
    return run.directory.absolute().parent.name if (run.directory.parent / RECORD).is_file() else None


def project_of(run: Run) -> str:
    """Return the name of what a run belongs to: its sweep, or else its model and data, such as lenet5-digits."""
    chosen = choices(run.directory)
    single = "-".join(chosen.values()) if len(chosen) == 2 else run.directory.absolute().parent.name
    return sweep_of(run) or single
