"""The terminal's view of a run: a line per epoch."""

import logging
import sys
from collections.abc import Mapping, Sequence
from time import monotonic

from tqdm import tqdm

from trainer.ground.console import is_quiet, is_terminal
from trainer.ground.text import duration
from trainer.problems import in_words, metric_of, shown
from trainer.training.callbacks.callback import Callback
from trainer.training.run import Run

REFRESH = 0.1  # seconds between two states of the bar
WIDEST = 80  # columns of a terminal
END = "    time    left"
BEST = "*"  # beside the figures of the best epoch so far
RECENT = 5  # epochs whose mean time is the estimate for the others

log = logging.getLogger("trainer")


class ProgressLine(Callback):
    """Logs a table to the logger "trainer", a line per epoch; on a terminal, a bar shows how far an epoch is.

    So train.log gets the lines and never a bar. A line has at most 80 columns: of many metrics the last are left out.
    A star marks the best epoch so far; at the end are the time that the epoch took, and the estimated time left.
    """

    def __init__(self) -> None:
        self._bar: tqdm | None = None

    def on_fit_start(self, run: Run) -> None:
        self._interactive = is_terminal(sys.stderr) and not is_quiet()
        self._shown_at = -REFRESH
        self._columns: list[str] = []

    def on_batch_end(self, run: Run) -> None:
        if not self._interactive or monotonic() - self._shown_at < REFRESH:
            return
        progress = run.progress
        if self._bar is None:
            self._bar = tqdm(
                desc=f"epoch {_epoch(run.epoch + 1, run.epochs)}",
                total=progress.total_examples,
                leave=False,
                bar_format="{desc} {percentage:3.0f}%|{bar:12}| {remaining} left{postfix}",
            )
        self._bar.n = progress.examples
        figures = {name: progress.figures.get(name) for name in ("loss", run.headline)}
        self._bar.set_postfix_str(in_words(figures))
        self._shown_at = monotonic()

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        self._close_bar()
        room = WIDEST - len(END) - 2 - max(5, len(_epoch(run.epochs, run.epochs)))
        if not self._columns:
            self._columns = _columns(row, run.headline, room)
            heads = "".join(f"  {_label(name):>{_width(name)}}" for name in self._columns)
            log.info("%s", f"{'epoch':{len(_epoch(run.epochs, run.epochs))}}{heads}  {END}", extra={"look": "heading"})
        best = run.best is not None and run.best["epoch"] == run.epoch
        recent = [each["seconds"] for each in run.history[-RECENT:]]
        left = (run.epochs - run.epoch) * sum(recent) / len(recent)
        cells = "".join(f"  {_shown(row.get(name)):>{_width(name)}}" for name in self._columns)
        times = f"{duration(row['seconds']):>8}{duration(left) if run.epoch < run.epochs else '':>8}"
        line = f"{_epoch(run.epoch, run.epochs):>5}{cells} {BEST if best else ' '}{times}"
        log.info("%s", line.rstrip(), extra={"look": "best" if best else ""})

    def on_fit_end(self, run: Run, result: dict) -> None:
        self._close_bar()  # a failure may come in the middle of an epoch

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _columns(row: Mapping[str, float | None], headline: str, room: int) -> list[str]:
    """Return the columns of metrics.csv that fit: those of the training, then of the validation, by the same metrics.

    The loss comes first, then the metric by which the best epoch is chosen.
    """
    metrics = [name.removeprefix("train_") for name in row if name.startswith("train_")]
    metrics.sort(key=lambda name: (name != "loss", name != headline))
    chosen: list[str] = []
    for metric in metrics:
        more = [*chosen, metric]
        if sum(2 + _width(name) for name in _named(row, more)) > room:
            break
        chosen = more
    return _named(row, chosen)


def _named(row: Mapping[str, float | None], metrics: Sequence[str]) -> list[str]:
    names = [f"{part}_{metric}" for part in ("train", "val") for metric in metrics]
    return [name for name in names if row.get(name) is not None]


def _label(name: str) -> str:
    part, _, metric = name.partition("_")
    known = metric_of(f"val_{metric}")
    label = known.label if known else metric
    return f"val {label}" if part == "val" else label


def _width(name: str) -> int:
    return max(8, len(_label(name)))


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    return shown(value) if abs(value) < 100 else f"{value:.5g}"


def _epoch(epoch: int, epochs: int) -> str:
    return f"{epoch:{len(str(epochs))}}/{epochs}"
