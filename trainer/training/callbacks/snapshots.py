"""snapshots/: the weights after each epoch, for films of how a network learns."""

from trainer.ground.options import check_range
from trainer.runs import checkpoint
from trainer.runs.checkpoint import Checkpoint
from trainer.runs.folder import SNAPSHOTS
from trainer.training.callbacks.callback import Callback
from trainer.training.run import Run


class Snapshots(Callback):
    """Writes the weights before the first epoch and after every few to snapshots/epoch_0003.safetensors, and so on.

    Each is a checkpoint without the state of the optimizer: it can be evaluated, or started from, but not resumed.

    Args:
        every: Epochs between two snapshots; the last epoch is always written.

    Raises:
        ValueError: `every` is out of range.
    """

    def __init__(self, every: int = 1) -> None:
        check_range("every", every, "[1, inf)")
        self.every = every

    def on_fit_start(self, run: Run) -> None:
        if run.epoch == 0 and run.step == 0:
            self._write(run)

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        if run.epoch % self.every == 0 or run.epoch == run.epochs:
            self._write(run)

    def _write(self, run: Run) -> None:
        whole = run.snapshot()
        path = run.directory / SNAPSHOTS / f"epoch_{run.epoch:04d}.safetensors"
        checkpoint.write(Checkpoint(whole.parameters, whole.metadata, whole.origin), path)
