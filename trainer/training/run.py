"""The state of a run that callbacks see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trainer.datasets import Source
    from trainer.engine.probe import Probe
    from trainer.engine.setup import Setup
    from trainer.runs.checkpoint import Checkpoint
    from trainer.runs.history import Written


@dataclass
class Progress:
    """Figures of the current epoch's training, over the examples that it has seen so far."""

    examples: int = 0
    total_examples: int = 0
    figures: dict[str, float | None] = field(default_factory=dict)  # the problem's, by name: loss, ...
    examples_per_second: float = 0.0


@dataclass
class Run:
    """What callbacks see. The loop owns and changes it; callbacks only watch, and may ask it to stop.

    When `on_epoch_end` is called, `epoch`, `history` and `best` already count the epoch that ended.
    """

    directory: Path
    config: dict
    epochs: int
    steps_per_epoch: int
    epoch: int = 0  # finished epochs
    step: int = 0  # finished steps
    history: list[dict[str, float]] = field(default_factory=list)  # one row per finished epoch, as in metrics.csv
    data: str = ""  # hash of the examples
    started_from: dict[str, str] | None = None  # path and sha256 of the file that the first weights came from
    written: Written | None = None  # how much of it metrics.csv holds; None: that file is not written
    best: dict | None = None  # of the epoch that is kept: epoch, and its figures val_...
    baseline: dict | None = None  # what a constant answer reaches in the test: its name, and the figures
    headline: str = "loss"  # the metric by which it is the best
    layers: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # the epoch's rows of layers.csv, by layer
    progress: Progress = field(default_factory=Progress)
    probe: Probe | None = None  # the network's layers and parameters, and the outputs of each layer
    setup: Setup | None = None  # the objects that the configuration describes: problem, data set, ...
    text: str = ""  # what the network has written after this epoch, if it can write
    snapshot: Callable[[], Checkpoint] | None = None  # copies everything that the rest of the run depends on
    examples: Callable[[str], Source] | None = None  # those of train, validation or test, as the workers have them
    stopping: str | None = None  # why the run ends after this step, if it does

    def stop(self, reason: str) -> None:
        """Ask the loop to end after the current step."""
        self.stopping = self.stopping or reason
