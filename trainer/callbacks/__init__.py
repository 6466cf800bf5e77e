"""Callbacks: they watch a run and write down or show what they see."""

from trainer.callbacks.callback import Callback
from trainer.callbacks.checkpoints import Checkpoints
from trainer.callbacks.curves import Curves
from trainer.callbacks.early_stopping import EarlyStopping, Target, TimeLimit
from trainer.callbacks.metrics_csv import MetricsCsv
from trainer.callbacks.progress_line import ProgressLine
from trainer.callbacks.result_json import ResultJson

__all__ = [
    "Callback",
    "Checkpoints",
    "Curves",
    "EarlyStopping",
    "MetricsCsv",
    "ProgressLine",
    "ResultJson",
    "Target",
    "TimeLimit",
]
