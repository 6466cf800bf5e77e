"""Tables and pictures of a sweep, from directories that were written by hand."""

import csv
import json

import pytest

from trainer.sweep.jobs import Job
from trainer.sweep.summary import Summary, mean_and_deviation


def job(directory, name, overrides, accuracy=None, status="completed", epochs=3):
    """Writes what a job leaves behind."""
    made = Job(directory / name, overrides)
    made.prepare()
    result = {"status": status, "epochs": epochs, "seconds": 2.5}
    if accuracy is None:
        result["error"] = "the | loss is nan"
    else:
        result["best"] = {"epoch": 2, "val_accuracy": accuracy, "val_loss": 1 - accuracy}
        result["final"] = result["best"] | {"train_loss": 0.1}
        rows = [f"{epoch},{1 / epoch},{accuracy - 0.1 / epoch},{1 - accuracy}\n" for epoch in range(1, epochs + 1)]
        (made.directory / "metrics.csv").write_text("epoch,train_loss,val_accuracy,val_loss\n" + "".join(rows))
    (made.directory / "result.json").write_text(json.dumps(result))


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "multirun.yaml").write_text(
        "objective: best_val_accuracy\nhydra:\n  sweeper: {search: null}\n  runtime:\n    config_sources:\n"
        "    - {path: hydra.conf, provider: hydra}\n    - {path: /my configs, provider: command-line}\n"
    )
    accuracies = {("0.1", 0): 0.5, ("0.1", 1): 0.7, ("0.01", 0): 0.8, ("0.01", 1): None}
    for number, ((lr, seed), accuracy) in enumerate(accuracies.items()):
        status = "completed" if accuracy else "failed"
        overrides = [f"optimizer.lr={lr}", "epochs=3", f"seed={seed}"]
        job(tmp_path, f"{number:02}_lr={lr},seed={seed}", overrides, accuracy, status)
    return tmp_path


def test_rows_are_sorted_the_best_first_failures_last(directory):
    Summary(directory).write()
    with (directory / "summary.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["job"][:2] for row in rows] == ["02", "01", "00", "03"]
    assert rows[0] | {"lr": "0.01", "seed": "0", "best_val_accuracy": "0.8", "status": "completed"} == rows[0]
    assert rows[3]["reason"] == "the | loss is nan"
    assert "test_loss" not in rows[0]


def test_markdown(directory):
    Summary(directory).write()
    text = (directory / "summary.md").read_text()
    assert "4 jobs: 3 completed, 1 failed" in text
    assert "    python -m trainer --config-dir '/my configs' optimizer.lr=0.01 epochs=3 seed=0\n" in text
    assert "| 0.1 | 2 | 0.6000 ± 0.1414 | 0.4000 ± 0.1414 | 2.5 ± 0.0 |" in text
    assert "| 0.01 | 1 | 0.8000 | 0.2000 | 2.5 |" in text
    assert r"the \| loss is nan" in text


def test_less_is_better_for_a_loss(directory):
    (directory / "multirun.yaml").write_text(
        (directory / "multirun.yaml").read_text().replace("best_val_accuracy", "final_val_loss")
    )
    summary = Summary(directory)
    assert summary.best.name == "02_lr=0.01,seed=0"
    assert "final_val_loss 0.2000" in summary.ending()


def test_pictures(directory):
    Summary(directory).write()
    for name in ("curves", "effects"):
        assert (directory / f"plots/{name}.png").read_bytes().startswith(b"\x89PNG")


def test_a_sweep_that_has_not_begun(directory):
    for path in directory.glob("*/result.json"):
        path.unlink()
    for path in directory.glob("*/metrics.csv"):
        path.unlink()
    summary = Summary(directory)
    summary.write()
    assert summary.best is None
    assert "4 jobs: 4 waiting" in (directory / "summary.md").read_text()
    assert not (directory / "plots").exists()


@pytest.mark.parametrize(
    ("numbers", "text"), [([0.5], "0.5000"), ([0.5, 0.7], "0.6000 ± 0.1414"), ([1.0, 1.0], "1.0000 ± 0.0000")]
)
def test_mean_and_deviation(numbers, text):
    assert mean_and_deviation(numbers) == text
