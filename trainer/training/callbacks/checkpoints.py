"""checkpoints/last.safetensors and best.safetensors."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from time import monotonic

from trainer.ground.files import sync
from trainer.ground.options import check_range
from trainer.runs import checkpoint
from trainer.runs.folder import BEST, CHECKPOINTS, LAST, METRICS, SNAPSHOTS
from trainer.training.callbacks.callback import Callback
from trainer.training.run import Run


class Checkpoints(Callback):
    """Saves the run when it starts, after every epoch and when it is stopped: as `last`, and the best epoch as `best`.

    The run waits only for a copy of its arrays; another thread writes them. An epoch that is the best so far is written
    as `last` before it is written as `best`, so that the weights of the best epoch are always in one of them.

    Args:
        every_steps: Also save `last` after this many steps.
        every_minutes: Also save it when this many minutes have passed since the last time.

    Raises:
        ValueError: An option is out of range; names it first.
        CheckpointError: From the other methods, if the current or the previous file cannot be written.
    """

    def __init__(self, every_steps: int | None = None, every_minutes: float | None = None) -> None:
        for option, value in (("every_steps", every_steps), ("every_minutes", every_minutes)):
            if value is not None:
                check_range(option, value, "(0, inf)", "null saves after every epoch only")
        self.every_steps, self.every_minutes = every_steps, every_minutes
        self._thread: ThreadPoolExecutor | None = None
        self._writing: Future[None] | None = None

    def on_fit_start(self, run: Run) -> None:
        for unfinished in (run.directory / CHECKPOINTS).glob(".*.tmp"):  # of a run that was killed
            unfinished.unlink()
        self._thread = ThreadPoolExecutor(1, "checkpoints")
        self._step, self._saved_at = run.step, monotonic()
        if not run.step:
            for earlier in (run.directory / BEST, *(run.directory / SNAPSHOTS).glob("epoch_*.safetensors")):
                earlier.unlink(missing_ok=True)  # of another run in this directory
            self._save(run)
        elif _just_best(run):  # the run ended before this was written
            self._save(run, LAST, BEST)

    def on_batch_end(self, run: Run) -> None:
        steps, minutes = run.step - self._step, (monotonic() - self._saved_at) / 60
        enough_steps = self.every_steps is not None and steps >= self.every_steps
        if enough_steps or (self.every_minutes is not None and minutes >= self.every_minutes):
            self._save(run)

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        self._save(run, *((LAST, BEST) if _just_best(run) else (LAST,)))

    def on_stop(self, run: Run) -> None:
        self._save(run)
        self._finish()

    def on_fit_end(self, run: Run, result: dict) -> None:
        if self._thread is not None:
            self._thread.shutdown()
            self._finish()

    def _save(self, run: Run, *names: str) -> None:
        self._finish()
        self._step, self._saved_at = run.step, monotonic()
        paths = [run.directory / name for name in names or (LAST,)]
        self._writing = self._thread.submit(_write, run.snapshot(), paths, run.directory / METRICS)

    def _finish(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()


def _write(state: checkpoint.Checkpoint, paths: list[Path], metrics: Path) -> None:
    if state.metadata.get("metrics", {}).get("rows"):
        sync(metrics)  # the checkpoint relies on it
    for path in paths:
        checkpoint.write(state, path)


def _just_best(run: Run) -> bool:
    """Return whether the run is at the end of its best epoch."""
    return run.best is not None and run.best["epoch"] == run.epoch and run.step == run.epoch * run.steps_per_epoch
