"""What the page of a sweep is told of its directory."""

import errno
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from trainer.runs.locked import locked
from trainer.sweep.report import html, read, summarise
from trainer.sweep.summary import Summary

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
    facts = read(Summary(directory))
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


def test_its_own_sweep_has_ended_although_its_directory_is_locked(directory):
    with locked(directory):
        assert read(Summary(directory)).is_running
        assert not read(Summary(directory), ended=True).is_running


def test_what_only_seeds_tell_apart_has_a_mean_and_no_best_run(directory):
    for path in directory.glob("*lr=0.01*"):
        shutil.rmtree(path)
    facts = read(Summary(directory))
    assert (facts.best, facts.command, facts.keys) == ("", "", [])
    assert [run.name[:2] for run in facts.runs] == ["00", "01"]  # the luckier one is not first
    page = html(directory)
    assert "Mean, best_val_accuracy" in page
    assert "± 0.0141 over 2 seeds" in page


def fill():
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def undrawn(monkeypatch):
    monkeypatch.setattr(Summary, "pictures", lambda self: iter(()))


@pytest.mark.parametrize(
    ("name", "line", "there", "said"),
    [
        ("summary.csv", "the jobs are kept, but their summary is missing; write it with trainer sweep ", set(), ""),
        ("summary.md", "the jobs are kept, but their summary is missing; write it with trainer sweep ",
         {"summary.csv"}, ""),
        ("report.html", "summary.md is there, but the page is missing; write it with trainer sweep ",
         {"summary.csv", "summary.md"}, ": summary.md\n"),
    ],
)  # fmt: skip
def test_on_a_full_disk_it_says_what_is_there(directory, undrawn, monkeypatch, capsys, name, line, there, said):
    replace = Path.replace

    def full(self, target):
        if Path(target).name == name:
            fill()
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", full)
    assert not summarise(directory)
    out, err = capsys.readouterr()
    assert err == f"error: {directory / name}: No space left on device; {line}{directory}\n"
    assert {path.name for path in directory.iterdir() if path.suffix in (".csv", ".md", ".html")} == there
    assert out.endswith(said)
    monkeypatch.setattr(Path, "replace", replace)
    assert summarise(directory)  # as the line says
    assert ": summary.md, report.html\n" in capsys.readouterr().out


def test_a_full_disk_behind_stdout(directory, undrawn, monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "write", lambda text: fill(), raising=False)
    assert not summarise(directory)
    line = f"error: standard output: No space left on device; all is in {directory / 'summary.md'}\n"
    assert capsys.readouterr().err == line
    assert (directory / "report.html").is_file()
