"""Callbacks: they watch a run, write files, show progress, or end it."""

from trainer.engine.watch import Watch, Watched
from trainer.training.callbacks.callback import Callback
from trainer.training.callbacks.checkpoints import Checkpoints
from trainer.training.callbacks.continuations import Continuations
from trainer.training.callbacks.curves import Curves
from trainer.training.callbacks.early_stopping import EarlyStopping, Target, TimeLimit
from trainer.training.callbacks.layers import Layers
from trainer.training.callbacks.metrics_csv import MetricsCsv
from trainer.training.callbacks.progress_line import ProgressLine
from trainer.training.callbacks.report import Report
from trainer.training.callbacks.result_json import ResultJson
from trainer.training.callbacks.snapshots import Snapshots

__all__ = [
    "Callback",
    "Checkpoints",
    "Continuations",
    "Curves",
    "EarlyStopping",
    "Layers",
    "MetricsCsv",
    "ProgressLine",
    "Report",
    "ResultJson",
    "Snapshots",
    "Target",
    "TimeLimit",
    "Watch",
    "Watched",
]
