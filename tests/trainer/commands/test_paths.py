"""Directories of any name work with every verb, and every command that is printed can be pasted into a shell."""

import os
import subprocess
import sys

import numpy as np
import pytest

from tests.helpers.process import FAST
from trainer.commands import main
from trainer.ground.overrides import quoted
from trainer.runs.find import find
from trainer.runs.folder import LAST, REPORT, RESULT, resume_command
from trainer.runs.records import read_result

NAME = '03_lr=0.01,model=mlp (it\'s) $HOME 世界\n"x" [y]{z} ~ back\\'
TINY = (*FAST[:1], "model.layers.fc1.out_features=8", "limit.train=64", "limit.test=8", "batch_size=64", "epochs=1",
        "parallel.workers=1", "callbacks.curves=null",
        "callbacks.report=null")  # fmt: skip

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there, such names are not allowed")


@pytest.fixture
def verb(trainer_here, monkeypatch):
    """verb("resume", RUN): a command in this process and an empty folder; gives the exit code."""
    monkeypatch.setattr(sys, "argv", ["trainer"])
    monkeypatch.setattr("trainer.sweep.summary.drawn", lambda draw, path: "")  # half of the time

    def call(*arguments):
        try:
            return main.main([str(argument) for argument in arguments])
        except SystemExit as end:
            return end.code or 0

    return call


@pytest.mark.slow
@pytest.mark.parametrize("name", [NAME, "'a'", "~"])
def test_a_run(name, verb, tmp_path, capsys):
    run = tmp_path / name / name
    run.parent.mkdir()
    assert verb("train", *TINY, f"hydra.run.dir={quoted(str(run))}") == 0, capsys.readouterr().err
    assert verb("resume", run, "epochs=2") == 0, capsys.readouterr().err
    assert read_result(run / RESULT)["epochs"] == 2
    np.save(tmp_path / name / "x.npy", np.zeros((2, 1, 8, 8), np.uint8))
    table, weights = tmp_path / name / "out.csv", tmp_path / name / "weights.npz"
    assert verb("evaluate", run) == 0
    assert verb("predict", run, tmp_path / name / "x.npy", "--csv", table) == 0
    assert verb("export", run, "--to", weights) == 0
    assert table.exists()
    assert weights.exists()
    assert {path.name for path in tmp_path.iterdir()} == {name}


@pytest.mark.slow
def test_a_sweep(verb, tmp_path, capsys):
    sweep = tmp_path / NAME
    assert verb("sweep", *TINY, "seed=0,1", f"hydra.sweep.dir={quoted(str(sweep))}") == 0, capsys.readouterr().err
    (sweep / "01_seed=1" / RESULT).unlink()
    assert verb("resume", sweep, "epochs=1") == 0, capsys.readouterr().err
    assert "1 of 2 jobs are done already" in capsys.readouterr().out
    assert verb("resume", sweep / "00_seed=0", "epochs=2") == 0, capsys.readouterr().err
    (sweep / REPORT).unlink()
    assert verb("sweep", sweep) == 0
    assert (sweep / REPORT).exists()
    assert verb("evaluate", sweep) == 0


@pytest.mark.slow
def test_a_name_that_hydra_would_replace(verb, tmp_path, capsys):
    run = tmp_path / "run"
    assert verb("train", *TINY, f"hydra.run.dir={run}") == 0
    run.rename(tmp_path / "${x}")
    capsys.readouterr()
    assert verb("resume", tmp_path / "${x}", "epochs=2") == 2
    assert "Hydra replaces ${...} in names; rename the directory" in capsys.readouterr().err
    for command, key in (("train", "run"), ("sweep", "sweep")):
        new = quoted(str(tmp_path / "${y}"))
        assert verb(command, *TINY, "seed=0,1"[: 6 if key == "run" else 8], f"hydra.{key}.dir={new}") == 2
        remedy = f"Hydra replaces ${{...}} in names; choose another directory with hydra.{key}.dir=DIR"
        assert remedy in capsys.readouterr().err
    assert not (tmp_path / "${y}").exists()


@pytest.mark.process
def test_what_is_printed_can_be_pasted(verb, tmp_path):
    """The command that resumes a run, and that of a sweep which does its best run alone."""
    (tmp_path / NAME).mkdir()
    run, sweep = tmp_path / NAME / "run", tmp_path / NAME / "sweep"
    assert verb("train", *TINY, f"hydra.run.dir={quoted(str(run))}") == 0
    assert verb(*pasted(resume_command(run, ["epochs=2"]))) == 0
    assert read_result(run / RESULT)["epochs"] == 2
    assert verb("sweep", *TINY, "+callbacks.curves={_target_: trainer.callbacks.Curves, seconds: 1}",
                "batch_size=32,64", f"hydra.sweep.dir={quoted(str(sweep))}") == 0  # fmt: skip
    best = find(sweep)
    command = next(line for line in (sweep / REPORT).read_text().splitlines() if line.startswith("    python"))
    assert verb(*pasted(command)) == 0
    (again,) = (tmp_path / "outputs").glob(f"*/*/{LAST}")
    assert again.read_bytes()[-2000:] == (best / LAST).read_bytes()[-2000:]


def pasted(command):
    """The arguments that the program gets from a shell."""
    trainer = """trainer() { printf '%s\\0' "$@"; }"""
    python = """python() { [ "$1 $2" = "-m trainer" ] && shift 2 && trainer "$@"; }"""
    words = ["bash", "-c", f"{trainer}; {python}; {command}"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.split("\0")[:-1]
