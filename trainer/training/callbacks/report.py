"""report.html: how the run went, as a page."""

import logging
from dataclasses import replace
from time import monotonic
from typing import Any

from trainer.datasets import Splits
from trainer.engine.machine import machine, versions
from trainer.engine.shard import SPLITS
from trainer.ground.options import check_range
from trainer.runs.catalog import RUNNING
from trainer.runs.folder import PAGE, RECORD
from trainer.training.callbacks.callback import Callback
from trainer.training.run import Run

log = logging.getLogger(__name__)


class Report(Callback):
    """Writes report.html, one page that needs no network: after an epoch, at most every `seconds`, and at the end.

    Until the run has ended, the page has no predictions. If it cannot be written, e.g. to a full disk, a warning says
    so, and `trainer report RUN` writes it again.

    Args:
        seconds: Least time between two versions while the run is in progress.
        jobs: Whether the jobs of a sweep write pages too.

    Raises:
        ValueError: `seconds` is out of range.
    """

    def __init__(self, seconds: float = 30.0, jobs: bool = False) -> None:
        check_range("seconds", seconds, "[0, inf)")
        self.seconds, self.jobs = seconds, jobs

    def on_fit_start(self, run: Run) -> None:
        self._wanted = self.jobs or not (run.directory.parent / RECORD).is_file()
        self._written_at = monotonic()

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        if self._wanted and monotonic() - self._written_at >= self.seconds:
            self._write(run, None)

    def on_fit_end(self, run: Run, result: dict) -> None:
        if self._wanted:
            self._write(run, result | {"versions": versions(), "machine": machine()})

    def _write(self, run: Run, result: dict[str, Any] | None) -> None:
        from trainer.pages.report import facts
        from trainer.pages.report.document import write_page

        examples = Splits(*map(run.examples, SPLITS)) if run.examples else None
        try:
            known = facts.read(run.directory, run.config.get("allow", ()), result, examples)
            write_page(known if result else replace(known, status=RUNNING), self.seconds)
        except Exception as error:  # whatever own code raises: the run itself has not failed
            reason = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
            log.warning("warning: not written: %s: %s", run.directory / PAGE, reason)
        self._written_at = monotonic()
