"""The terminal's view of a run: a line per epoch."""

import logging
import sys
from time import monotonic

from tqdm import tqdm

from trainer.ground.console import is_terminal
from trainer.problems import in_words
from trainer.training.callbacks.callback import Callback
from trainer.training.run import Run

REFRESH = 0.1  # seconds between two states of the bar

log = logging.getLogger("trainer")


class ProgressLine(Callback):
    """Logs a line per epoch to the logger "trainer"; on a terminal, a bar takes its place while the epoch runs.

    So train.log gets the lines and never a bar.
    """

    def __init__(self) -> None:
        self._bar: tqdm | None = None

    def on_fit_start(self, run: Run) -> None:
        self._interactive = is_terminal(sys.stderr)
        self._shown_at = -REFRESH

    def on_batch_end(self, run: Run) -> None:
        if not self._interactive or monotonic() - self._shown_at < REFRESH:
            return
        progress = run.progress
        if self._bar is None:
            self._bar = tqdm(
                desc=_epoch(run.epoch + 1, run.epochs),
                total=progress.total_examples,
                leave=False,
                bar_format="{desc} {percentage:3.0f}%|{bar:24}| {remaining} left{postfix}",
            )
        self._bar.n = progress.examples
        self._bar.set_postfix_str(f"{in_words(progress.figures)}, {progress.examples_per_second:,.0f} examples/s")
        self._shown_at = monotonic()

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        self._close_bar()
        parts = [
            f"{_epoch(run.epoch, run.epochs)}  train {_figures(row, 'train_')}",
            f"{row['samples_per_second']:,.0f} examples/s",
            f"{row['seconds']:.1f} s",
        ]
        if row.get("val_loss") is not None:
            parts.insert(1, f"validation {_figures(row, 'val_')}")
        if run.best and run.best["epoch"] == run.epoch:
            parts.append("best so far")
        log.info(" | ".join(parts))

    def on_fit_end(self, run: Run, result: dict) -> None:
        self._close_bar()  # a failure may come in the middle of an epoch

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _epoch(epoch: int, epochs: int) -> str:
    return f"epoch {epoch:{len(str(epochs))}}/{epochs}"


def _figures(row: dict[str, float | None], prefix: str) -> str:
    return in_words({name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)})
