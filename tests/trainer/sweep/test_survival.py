"""A sweep survives whatever its jobs raise, full disks and second sweeps; most of it in this process."""

import errno
import json
import os
import shlex
from pathlib import Path

import pytest

from tests.helpers.process import FAST
from trainer.runs.folder import RECORD
from trainer.runs.locked import locked

SWEEP = ("--multirun", *FAST, "epochs=1", "limit.train=64", "hydra.sweep.dir=sweep")

RAISING = '''
import signal

from trainer.training.callbacks import Callback


class LeaveError(BaseException):
    """No Exception."""


class Raise(Callback):
    def __init__(self, what: str) -> None:
        self.what = what

    def on_epoch_end(self, run, row):
        if self.what == "exit":
            raise SystemExit(0)
        if self.what == "base":
            raise LeaveError("left")
        if self.what == "generator":
            raise GeneratorExit
        if self.what == "interrupt":
            raise KeyboardInterrupt
        if self.what == "signal" and run.epoch == 1:
            signal.raise_signal(signal.SIGTERM)
'''
WHAT = ("allow=[raising]", "+callbacks.raise={_target_: raising.Raise}")


def statuses(directory):
    return {path.parent.name: json.loads(path.read_text())["status"] for path in directory.glob("*/result.json")}


@pytest.mark.slow
def test_whatever_a_job_raises_is_its_failure(trainer_here, tmp_path, capsys):
    (tmp_path / "raising.py").write_text(RAISING)
    assert trainer_here(*SWEEP, *WHAT, "+callbacks.raise.what=exit,base,generator,interrupt,nothing") == 1
    assert statuses(tmp_path / "sweep") == {
        "00_what=exit": "failed",
        "01_what=base": "failed",
        "02_what=generator": "failed",
        "03_what=interrupt": "stopped",
        "04_what=nothing": "completed",
    }
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("error: 00_what=exit: failed: your own code called sys.exit; let it return")
    assert lines[1].endswith(": Raise.on_epoch_end of callbacks.raise: LeaveError: left")
    assert lines[2].endswith(": Raise.on_epoch_end of callbacks.raise: GeneratorExit")
    assert lines[3].startswith("error: 03_what=interrupt: stopped")


@pytest.mark.slow
def test_the_printed_command_repeats_what_has_to_be_trusted(trainer_here, tmp_path, capsys):
    own = tmp_path / "my own"
    own.mkdir()
    (own / "raising.py").write_text(RAISING)
    given = (*SWEEP, *WHAT, "--config-dir", str(own), "+callbacks.raise.what=signal", "epochs=2")
    for command in (given, (*given[1:], "hydra.run.dir=run")):
        assert trainer_here(*command) == 143
        _, _, again = capsys.readouterr().err.partition("; continue with: trainer ")
        assert again.endswith(f"'allow=[raising]' --config-dir '{own}'\n")
        assert trainer_here(*shlex.split(again)) == 0
    assert statuses(tmp_path / "sweep") == {"00": "completed"}
    assert statuses(tmp_path) == {"run": "completed"}


@pytest.mark.slow
def test_a_run_that_calls_exit_has_failed(trainer_here, tmp_path, capsys):
    (tmp_path / "raising.py").write_text(RAISING)
    assert trainer_here("-q", *FAST, *WHAT, "+callbacks.raise.what=exit", "hydra.run.dir=run") == 1
    out, err = capsys.readouterr()
    assert err.startswith("error: your own code called sys.exit; let it return")
    assert out == ""
    assert "accuracy" in (tmp_path / "run/train.log").read_text()
    assert json.loads((tmp_path / "run/result.json").read_text())["status"] == "failed"


@pytest.mark.slow
def test_a_second_sweep_in_a_directory_is_refused(trainer_here, tmp_path, capsys):
    assert trainer_here(*SWEEP, "--quiet") == 0
    assert capsys.readouterr() == ("", "")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "sweep").rglob("*")}
    with locked(tmp_path / "sweep"):
        for again in (SWEEP, ("resume=sweep",)):
            assert trainer_here(*again) == 2
            assert capsys.readouterr().err == (
                "error: sweep: another sweep is writing here; "
                "wait until it has ended or choose another directory with hydra.sweep.dir=DIR\n"
            )
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "sweep").rglob("*")} == before


@pytest.mark.slow
def test_a_link_in_its_directory_is_refused(trainer_here, tmp_path, capsys):
    """A stranger's sweep would write wherever it leads."""
    assert trainer_here(*SWEEP) == 0
    (tmp_path / "sweep" / "01").symlink_to(tmp_path)
    assert trainer_here("resume=sweep") == 2
    assert "sweep/01 is a link" in capsys.readouterr().err


class TestFullDisk:
    """Each write of so many fails; when there is room again, the same command ends in the same bytes."""

    @pytest.fixture
    def full_after(self, monkeypatch):
        """full_after(count): so many files can still be put in place."""
        replace = Path.replace

        def fill(count):
            left = iter(range(count))

            def limited(self, target):
                if next(left, None) is None:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
                return replace(self, target)

            monkeypatch.setattr(Path, "replace", limited)

        yield fill
        monkeypatch.setattr(Path, "replace", replace)

    @pytest.mark.slow
    def test_a_sweep(self, full_after, monkeypatch, trainer_here, tmp_path, capsys):
        assert trainer_here(*SWEEP, "seed=0,1") == 0
        (tmp_path / "sweep").rename(tmp_path / "whole")
        for count in (0, 6, 15):
            self.fill(count, full_after, monkeypatch, trainer_here, tmp_path, capsys)
            assert _content(tmp_path / "sweep") == _content(tmp_path / "whole"), count
            (tmp_path / "sweep").rename(tmp_path / f"after {count}")

    def fill(self, count, full_after, monkeypatch, trainer_here, tmp_path, capsys):
        """Begin a sweep that fails, and go on with it when there is room."""
        capsys.readouterr()
        full_after(count)
        assert trainer_here(*SWEEP, "seed=0,1") == 1
        told = capsys.readouterr().err
        assert "Traceback" not in told
        assert not [line for line in told.splitlines() if line.endswith((": interrupted", ": waiting"))]
        assert not [path for path in tmp_path.glob("sweep/**/*.yaml") if not path.stat().st_size]
        monkeypatch.undo()
        monkeypatch.chdir(tmp_path)
        again = ("resume=sweep",) if (tmp_path / "sweep" / RECORD).exists() else (*SWEEP, "seed=0,1")
        assert trainer_here(*again) == 0


def _content(directory):
    """The weights of each job, and its figures without times."""
    paths = directory.glob("*/*/best.safetensors")
    weights = {path.relative_to(directory): path.read_bytes()[-4000:] for path in paths}
    figures = [
        ",".join(line.split(",")[:6]) for path in sorted(directory.glob("*/metrics.csv")) for line in path.open()
    ]
    return weights, figures
