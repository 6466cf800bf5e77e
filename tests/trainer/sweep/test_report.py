"""What the page of a sweep is told of its directory."""

import json

import pytest

from trainer.sweep.report import html, read

RECORD = """
objective: best_val_accuracy
hydra: {sweeper: {}, runtime: {config_sources: [{provider: main, path: /x}]}}
"""


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "multirun.yaml").write_text(RECORD)
    for number, (lr, seed, accuracy) in enumerate(
        [("0.1", 0, 0.9), ("0.1", 1, 0.92), ("0.01", 0, 0.8), ("0.01", 1, None)]
    ):
        job = tmp_path / f"{number:02d}_lr={lr},seed={seed}"
        (job / ".hydra").mkdir(parents=True)
        (job / ".hydra" / "overrides.yaml").write_text(json.dumps([f"optimizer.lr={lr}", f"seed={seed}"]))
        best = {"epoch": 1, "val_accuracy": accuracy, "val_loss": 0.5}
        done = {"status": "completed", "seconds": 1.5, "best": best, "test": {"accuracy": 0.7}}
        failed = {"status": "failed", "error": "it diverged"}
        (job / "result.json").write_text(json.dumps(failed if accuracy is None else done))
        (job / "metrics.csv").write_text("epoch,val_accuracy\n1,0.5\n")
    (tmp_path / "00_lr=0.1,seed=0" / "report.html").touch()
    return tmp_path


def test_settings_runs_and_the_best(directory):
    facts = read(directory)
    assert [setting.name for setting in facts.settings] == ["lr=0.1", "lr=0.01"]
    assert facts.settings[0].goals == [0.92, 0.9]
    assert (facts.keys, facts.figures) == (["lr"], ["test_accuracy", "best_val_loss", "seconds"])
    assert facts.best.startswith(
        "The best setting: lr=0.1, best_val_accuracy 0.9100 ± 0.0141 (2 seeds). The best run, 01_"
    )
    assert facts.command == "python -m trainer optimizer.lr=0.1 seed=1"
    pages = {run.name: run.page for run in facts.runs if run.page}
    assert pages == {"00_lr=0.1,seed=0": "00_lr%3D0.1%2Cseed%3D0/report.html"}
    assert [run.reason for run in facts.settings[1].runs] == ["", "it diverged"]


def test_the_page_shows_them(directory):
    assert "0.9100 ± 0.0141" in html(directory)
