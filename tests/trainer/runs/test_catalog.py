"""Runs below a folder, in whatever state they are."""

import json
from pathlib import Path

import pytest

from trainer.runs.catalog import INTERRUPTED, RUNNING, entries, entry
from trainer.runs.locked import locked

RESULT = {
    "status": "completed",
    "epochs": 3,
    "planned_epochs": 3,
    "seconds": 2.5,
    "best": {"epoch": 2, "val_loss": 0.5, "val_accuracy": 0.9},
    "best_by": "val_accuracy",
    "test": {"loss": 0.6, "accuracy": None},
}


@pytest.fixture
def run(tmp_path):
    def make(name: str, result: dict | None = None, metrics: str = "") -> Path:
        directory = tmp_path / name
        directory.mkdir(parents=True)
        (directory / "metrics.csv").write_text("epoch,val_loss\n" + metrics)
        if result is not None:
            (directory / "result.json").write_text(json.dumps(result))
        return directory

    return make


def test_a_finished_run(run):
    found = entry(run("a", RESULT))
    assert (found.status, found.epochs, found.headline) == ("completed", 3, "val_accuracy")
    assert found.figures == {
        "val_loss": 0.5, "val_accuracy": 0.9, "test_loss": 0.6, "epochs": 3, "seconds": 2.5
    }  # fmt: skip
    assert found.size == sum(path.stat().st_size for path in found.directory.iterdir())
    assert found.modified >= (found.directory / "result.json").stat().st_mtime


def test_a_run_without_a_result(run):
    directory = run("a", metrics="1,0.5\n2,0.4\n")
    assert (entry(directory).status, entry(directory).epochs) == (INTERRUPTED, 2)
    with locked(directory):
        assert entry(directory).status == RUNNING


def test_damaged_files_count_as_empty(run):
    directory = run("a")
    (directory / "result.json").write_text("{")
    (directory / "metrics.csv").write_bytes(b"\xff\xfe")
    found = entry(directory)
    assert (found.status, found.epochs, found.figures, found.settings) == (INTERRUPTED, 0, {"epochs": 0}, {})


def test_all_runs_are_found_and_nothing_else(run, tmp_path):
    for name in ("model-data/2026", "model-data/2025", "multirun/1/00"):
        run(name)
    run("model-data/2026/checkpoints/not_a_run")
    (tmp_path / "notes").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "model-data")
    (tmp_path / "multirun/1/multirun.yaml").touch()
    found = [*entries(tmp_path)]
    assert [each.directory.relative_to(tmp_path).as_posix() for each in found] == [
        "model-data/2025", "model-data/2026", "multirun/1/00"
    ]  # fmt: skip
    assert [each.in_sweep for each in found] == [False, False, True]


def test_settings(run):
    directory = run("a")
    (directory / ".hydra").mkdir()
    (directory / ".hydra/config.yaml").write_text("optimizer: {lr: 0.1}\nepochs: 3\n")
    (directory / ".hydra/hydra.yaml").write_text("hydra: {runtime: {choices: {model: mlp, hydra/launcher: basic}}}\n")
    assert entry(directory).settings == {"optimizer.lr": 0.1, "epochs": 3, "model": "mlp"}
