"""RUN/tensorboard: the figures of every epoch for TensorBoard."""

from importlib.util import find_spec

from trainer.ground.extras import install_hint
from trainer.training.callbacks.callback import Callback
from trainer.training.run import Run


class TensorBoard(Callback):
    """Writes each epoch's row as scalars, `loss/train`, `accuracy/val`, `lr`, ..., against the epoch.

    Raises:
        ValueError: tensorboardX is not installed.
    """

    def __init__(self) -> None:
        if find_spec("tensorboardX") is None:
            raise ValueError(f"needs tensorboardX; {install_hint('tensorboard')}")

    def on_fit_start(self, run: Run) -> None:
        from tensorboardX import SummaryWriter  # takes a third of a second

        # A killed run may have written epochs that its checkpoint lacks; TensorBoard forgets them.
        self._writer = SummaryWriter(str(run.directory / "tensorboard"), purge_step=run.epoch + 1)

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        for name, value in row.items():
            part, _, metric = name.partition("_")
            if name != "epoch" and value is not None:
                tag = f"{metric}/{part}" if part in ("train", "val") else name
                self._writer.add_scalar(tag, value, run.epoch)
        self._writer.flush()

    def on_fit_end(self, run: Run, result: dict) -> None:
        self._writer.close()
