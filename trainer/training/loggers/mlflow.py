"""A run for MLflow."""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from time import time
from typing import Any

from trainer.ground.extras import install_hint
from trainer.runs.folder import PLOTS
from trainer.training.loggers.logger import Logger
from trainer.training.run import Run

STATUSES = {"completed": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}
MOST, LONGEST = 100, 6000  # parameters that MLflow takes at once, and characters of one


class MLflow(Logger):
    """Tracks a run by MLflow: by default in files in outputs/mlruns.

    Look at them with `MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri outputs/mlruns`.

    Args:
        uri: Of the tracking server or store: a folder, or as in MLflow, such as http://localhost:5000.
        experiment: Its name; None: model and data, such as lenet5-digits.

    Raises:
        ValueError: MLflow is not installed.
    """

    def __init__(self, uri: str = "outputs/mlruns", experiment: str | None = None) -> None:
        super().__init__()
        if find_spec("mlflow") is None:
            raise ValueError(f"needs mlflow; {install_hint('mlflow')}")
        self.uri, self.experiment = uri, experiment

    def begin(self, run: Run, identity: str | None, settings: Mapping[str, Any]) -> str | None:
        is_folder = ":" not in self.uri
        if is_folder:
            os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")  # else MLflow asks for a database
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        from mlflow.entities import Param  # takes seconds
        from mlflow.tracking import MlflowClient

        self._client = MlflowClient(Path(self.uri).absolute().as_uri() if is_folder else self.uri)
        if identity:
            self._client.update_run(identity, status="RUNNING")
            self._run = identity
            return identity
        name = self.experiment or run.directory.absolute().parent.name
        experiment = self._client.get_experiment_by_name(name)
        number = experiment.experiment_id if experiment else self._client.create_experiment(name)
        self._run = self._client.create_run(number, run_name=run.directory.name).info.run_id
        params = [Param(key, str(value)[:LONGEST]) for key, value in settings.items()]
        for start in range(0, len(params), MOST):
            self._client.log_batch(self._run, params=params[start : start + MOST])
        return self._run

    def figures(self, figures: Mapping[str, float], epoch: int) -> None:
        from mlflow.entities import Metric

        now = int(time() * 1000)
        self._client.log_batch(self._run, [Metric(name, value, now, epoch) for name, value in figures.items()])

    def picture(self, name: str, path: Path, epoch: int) -> None:
        self._client.log_artifact(self._run, str(path), PLOTS)

    def file(self, name: str, path: Path) -> None:
        folder = Path(name).parent.as_posix()
        self._client.log_artifact(self._run, str(path), None if folder == "." else folder)

    def end(self, status: str) -> None:
        self._client.set_terminated(self._run, STATUSES[status])
