"""The callback contract."""

from trainer.training.run import Run


class Callback:
    """Watches a run. The loop does the arithmetic and calls these; each does nothing unless overridden."""

    def on_fit_start(self, run: Run) -> None:
        """Before the first epoch; a resumed run already has a history."""

    def on_batch_end(self, run: Run) -> None:
        """After an optimisation step; `run.progress` is up to date."""

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        """After validation; `row` is the last of `run.history`."""

    def on_stop(self, run: Run) -> None:
        """The run ends before its last epoch, between two steps, for the reason `run.stopping`."""

    def on_fit_end(self, run: Run, result: dict) -> None:
        """Once at the end, however it came: result has status ("completed", "stopped" or "failed"), epochs, seconds,
        seed, workers, best, final, test and error.
        """
