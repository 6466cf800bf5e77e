"""A run for MLflow."""

import os
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from time import time
from typing import Any

import numpy as np

from trainer.ground.extras import install_hint
from trainer.runs.folder import PLOTS
from trainer.training.loggers.logger import Logger, project_of, sweep_of
from trainer.training.run import Run

STATUSES = {"completed": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}
MOST, LONGEST = 100, 6000  # parameters that MLflow takes at once, and characters of one
MOST_METRICS = 1000  # that it takes at once
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
"""For a server that does not answer; by MLflow's own default a run would wait for minutes."""


class MLflow(Logger):
    """Tracks a run by MLflow: by default in files in outputs/mlruns.

    Look at them with `MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri outputs/mlruns`.

    Args:
        uri: The URI of the tracking server or store: a folder, or as in MLflow, such as http://localhost:5000.
        experiment: Its name; None: model and data, such as lenet5-digits, or that of the sweep. A job of a sweep has
            the sweep's name in the tag `sweep`.

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
        for name, value in (PATIENCE | {"MLFLOW_DISABLE_TELEMETRY": "true"}).items():
            os.environ.setdefault(name, value)
        from mlflow.entities import Param  # takes seconds
        from mlflow.tracking import MlflowClient

        self._client = MlflowClient(Path(self.uri).absolute().as_uri() if is_folder else self.uri)
        if identity:
            self._client.update_run(identity, status="RUNNING")
            self._run = identity
            return identity
        name = self.experiment or project_of(run)
        sweep = sweep_of(run)
        made = self._client.create_run(
            self._experiment(name), run_name=run.directory.name, tags={"sweep": sweep} if sweep else None
        )
        self._run = made.info.run_id
        params = [Param(allowed(key), str(value)[:LONGEST]) for key, value in settings.items()]
        for start in range(0, len(params), MOST):
            self._client.log_batch(self._run, params=params[start : start + MOST])
        return self._run

    def figures(self, figures: Mapping[str, float], epoch: int) -> None:
        from mlflow.entities import Metric

        now = int(time() * 1000)
        metrics = [Metric(allowed(name), value, now, epoch) for name, value in figures.items()]
        for start in range(0, len(metrics), MOST_METRICS):
            self._client.log_batch(self._run, metrics[start : start + MOST_METRICS])

    def image(self, name: str, pixels: np.ndarray, epoch: int) -> None:
        self._client.log_image(self._run, pixels, key=name, step=epoch)

    def picture(self, name: str, path: Path, epoch: int) -> None:
        self._client.log_artifact(self._run, str(path), PLOTS)

    def file(self, name: str, path: Path) -> None:
        folder = Path(name).parent.as_posix()
        self._client.log_artifact(self._run, str(path), None if folder == "." else folder)

    def end(self, status: str) -> None:
        self._client.set_terminated(self._run, STATUSES[status])

    def _experiment(self, name: str) -> str:
        """Return the number of an experiment, which another job may make at the same time."""
        from mlflow.exceptions import MlflowException

        found = self._client.get_experiment_by_name(name)
        if found is None:
            try:
                return str(self._client.create_experiment(name))
            except MlflowException:
                found = self._client.get_experiment_by_name(name)
                if found is None:
                    raise
        return str(found.experiment_id)


def allowed(name: str) -> str:
    """Return a name without the characters that MLflow refuses: layers may have any name."""
    return re.sub(r"[^/\w.\- ]", "_", name)
