"""Loggers: they hand a run's figures, settings, pictures and files to a tracker."""

from trainer.training.loggers.json_lines import JsonLines
from trainer.training.loggers.logger import Logger
from trainer.training.loggers.mlflow import MLflow
from trainer.training.loggers.tensorboard import TensorBoard
from trainer.training.loggers.wandb import WandB

__all__ = ["JsonLines", "Logger", "MLflow", "TensorBoard", "WandB"]
