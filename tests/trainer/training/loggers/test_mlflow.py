"""A run for MLflow, read back by MLflow."""

import pytest

from trainer.training.loggers import MLflow
from trainer.training.loggers.mlflow import allowed


def test_without_the_package(monkeypatch):
    monkeypatch.setattr("trainer.training.loggers.mlflow.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="needs mlflow; python -m pip install"):
        MLflow()


def test_names_of_layers():
    assert allowed("dead/größe, 1:2") == "dead/größe_ 1_2"


@pytest.mark.slow
def test_a_run_that_was_resumed(tracked, tmp_path, monkeypatch):
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    directory = tracked(_target_="trainer.loggers.MLflow")
    from mlflow.tracking import MlflowClient

    client = MlflowClient((tmp_path / "outputs/mlruns").as_uri())
    (run,) = client.search_runs([client.get_experiment_by_name("sweep").experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params["optimizer.lr"] == "0.003"
    assert [metric.step for metric in client.get_metric_history(run.info.run_id, "loss/train")] == [1, 2]
    assert {"loss/test", "update_ratio/fc1"} <= run.data.metrics.keys()
    pictures = client.list_artifacts(run.info.run_id, "images")
    assert {file.path.partition("step")[2][1] for file in pictures} == {*"012"}
    names = [file.path for file in client.list_artifacts(run.info.run_id)]
    assert {"checkpoints", "metrics.csv", "plots"} <= {*names}
    assert client.list_artifacts(run.info.run_id, "plots")[0].path == "plots/curves.png"
    assert (run.info.run_name, run.data.tags["sweep"]) == (directory.name, "sweep")
