"""RUN/tensorboard: a run for TensorBoard."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from textwrap import indent
from typing import Any

import numpy as np
from PIL import Image

from trainer.ground.extras import install_hint
from trainer.training.loggers.logger import Logger
from trainer.training.run import Run


class TensorBoard(Logger):
    """Writes figures, histograms of all parameters and gradients, pictures and texts, against the epoch.

    The texts are the settings, and what a network for texts writes.

    Raises:
        ValueError: tensorboardX is not installed.
    """

    forgets = True

    def __init__(self) -> None:
        super().__init__()
        if find_spec("tensorboardX") is None:
            raise ValueError(f"needs tensorboardX; {install_hint('tensorboard')}")

    def begin(self, run: Run, identity: str | None, settings: Mapping[str, Any]) -> str | None:
        from tensorboardX import SummaryWriter  # takes a third of a second

        # A killed run may have written epochs that its checkpoint lacks; TensorBoard forgets them.
        # Without the suffix, what begins within the same second would replace the file.
        folder, epoch = str(run.directory / "tensorboard"), run.epoch + 1
        self._writer = SummaryWriter(folder, purge_step=epoch, filename_suffix=f".{epoch}")
        rows = "\n".join(f"| {name} | {value} |" for name, value in settings.items())
        self._writer.add_text("settings", f"| key | value |\n|---|---|\n{rows}", epoch)
        return None

    def figures(self, figures: Mapping[str, float], epoch: int) -> None:
        for name, value in figures.items():
            self._writer.add_scalar(name, value, epoch)
        self._writer.flush()

    def histograms(self, values: Mapping[str, np.ndarray], epoch: int) -> None:
        for name, array in values.items():
            self._writer.add_histogram(name, array, epoch)

    def image(self, name: str, pixels: np.ndarray, epoch: int) -> None:
        self._writer.add_image(name, pixels, epoch, dataformats="HWC")

    def text(self, name: str, text: str, epoch: int) -> None:
        self._writer.add_text(name, indent(text, "    ", lambda line: True), epoch)  # Markdown shows it as it is

    def picture(self, name: str, path: Path, epoch: int) -> None:
        with Image.open(path) as image:
            self.image(name, np.asarray(image.convert("RGB")), epoch)

    def file(self, name: str, path: Path) -> None:
        """TensorBoard takes no files, and it lies in the run's directory beside them."""

    def end(self, status: str) -> None:
        self._writer.close()
