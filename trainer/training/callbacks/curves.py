"""plots/curves.png: the learning curves so far."""

import logging
from time import monotonic

from trainer.ground.options import check_range
from trainer.runs import named
from trainer.runs.folder import PLOTS
from trainer.training.callbacks.callback import Callback
from trainer.training.run import Run
from trainer.views import draw_curves, drawn

log = logging.getLogger(__name__)


class Curves(Callback):
    """Keeps plots/curves.png up to date: redrawn after an epoch, at most every `seconds`, and at the end.

    If it cannot be written, e.g. to a full disk, a warning says so: the figures are in metrics.csv.

    Raises ValueError, naming the option, for options out of range.
    """

    def __init__(self, seconds: float = 10.0) -> None:
        check_range("seconds", seconds, "[0, inf)")
        self.seconds = seconds

    def on_fit_start(self, run: Run) -> None:
        self._drawn_at = monotonic()  # drawing costs some tenths of a second: short runs draw only at the end

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        if monotonic() - self._drawn_at >= self.seconds:
            self._draw(run, f"epoch {run.epoch} of {run.epochs}")

    def on_fit_end(self, run: Run, result: dict) -> None:
        if run.history:
            self._draw(run, named.reached(result))

    def _draw(self, run: Run, reached: str) -> None:
        kept = run.best["epoch"] if run.best else None
        path, title = run.directory / PLOTS / "curves.png", named.title(run.directory, run.config)
        if problem := drawn(lambda: draw_curves(run.history, kept, run.headline, title, reached), path):
            log.warning(problem)
        self._drawn_at = monotonic()
