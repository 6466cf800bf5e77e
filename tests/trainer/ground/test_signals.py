"""Signals at every moment of every command: one line, 128 + the signal, nothing swallowed."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time

import pytest

from tests.helpers.process import FAST, FAULTS, FAULTY, environment, run
from tests.helpers.runs import TINY, make_run
from tests.helpers.signals import at_import, when
from trainer.ground import signals
from trainer.ground.signals import Interrupted
from trainer.sweep.jobs import read

posix = pytest.mark.skipif(os.name == "nt", reason="signals cannot be sent to one process")
WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated", signal.SIGHUP: "hung up"}


@pytest.mark.process
@posix
@pytest.mark.parametrize(
    ("module", "number", "arguments"),
    [
        ("argparse", signal.SIGINT, ("summary", "model=mlp")),
        ("numpy", signal.SIGINT, ("model=mlp", "hydra.run.dir=a b")),
        ("hydra", signal.SIGTERM, ("sweep", "seed=0,1")),
        ("numpy._core.multiarray", signal.SIGHUP, ("gradcheck", "model=mlp")),
        ("trainer.commands.doctor", signal.SIGINT, ("doctor",)),
        ("safetensors", signal.SIGTERM, ("evaluate", "RUN")),
    ],
)
def test_in_start_up(tmp_path, module, number, arguments):
    """Nothing is done, and the line has the command that does it."""
    process = at_import(module, number, *arguments, cwd=tmp_path)
    assert process.returncode == 128 + number
    first, _, again = process.stderr.partition("; again: ")
    assert first == f"error: {WORDS[number]} before anything was done"
    assert shlex.split(again)[-len(arguments) :] == list(arguments)
    assert process.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.process
@posix
@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("matplotlib", ("evaluate", "run")),
        ("trainer.commands.predict", ("predict", "run", "nothing.png")),
        ("onnx", ("export", "run", "--to", "model.onnx")),
    ],
)
def test_in_a_command(tmp_path, module, arguments):
    make_run(tmp_path / "run", *TINY, "epochs=1")
    process = at_import(module, signal.SIGTERM, *arguments, cwd=tmp_path)
    assert process.returncode == 143
    assert re.fullmatch(r"error: terminated( before anything was done; again: .*)?\n", process.stderr)
    assert not list(tmp_path.glob("**/.*.tmp"))
    assert not list(tmp_path.glob("model.onnx"))


@pytest.mark.process
@posix
def test_nothing_is_taken_down(tmp_path):
    """Python may crash where it takes down modules that are half imported."""
    code = (
        "import atexit, signal, sys; from trainer.__main__ import main; from trainer.commands import doctor; "
        "atexit.register(print, 'taken down'); doctor.examine = lambda: signal.raise_signal(signal.SIGTERM); "
        "sys.exit(main(['doctor']))"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert (process.returncode, process.stdout, process.stderr) == (143, "", "error: terminated\n")


@pytest.mark.process
@posix
@pytest.mark.parametrize("launcher", ["basic", "joblib"])
def test_a_sweep_ends_with_its_jobs(tmp_path, launcher):
    """Its jobs have saved what they did, the others are not begun, and the command that is printed completes all."""
    at_once = 1
    if launcher == "joblib":
        pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
        at_once = 2
    (tmp_path / "faulty.py").write_text(FAULTY)
    slow = (*FAST, *FAULTS, "+callbacks.fault.how=slow", "seed=0,1,2")
    arguments = ("sweep", *slow, *(["hydra/launcher=joblib"] if launcher == "joblib" else []))

    def begun() -> bool:
        return sum(file.stat().st_size > 0 for file in (tmp_path / "my sweep").glob("*/metrics.csv")) == at_once

    code, error = when(begun, signal.SIGINT, *arguments, "hydra.sweep.dir=my sweep", cwd=tmp_path)
    assert code == 130
    line = "error: interrupted; 0 of 3 jobs are done; continue with: trainer "
    assert error.startswith(line)
    assert error.count("\n") == 1
    jobs = read(tmp_path / "my sweep")
    assert [job.status for job in jobs[:at_once]] == ["stopped"] * at_once
    assert all("continue with" in job.result["error"] for job in jobs[:at_once])
    assert not any((job.directory / "checkpoints").exists() for job in jobs[at_once:])
    assert not (tmp_path / "my sweep/.stopping").exists()
    again = shlex.split(error.removeprefix(line))
    if launcher == "joblib":  # tests/trainer/sweep/test_joblib.py continues with such a sweep
        assert again == ["resume", "my sweep", "allow=[faulty]"]
        return
    (tmp_path / "faulty.py").write_text(FAULTY.replace("sleep(0.3)", "sleep(0)"))
    assert run(*again, cwd=tmp_path).returncode == 0
    assert {job.status for job in read(tmp_path / "my sweep")} == {"completed"}


class TestHandler:
    def test_the_first_raises_where_nobody_is_asked_to_stop(self):
        with pytest.raises(Interrupted, match=r"^hung up$") as caught, signals.handled():
            send(signal.SIGHUP)
        assert caught.value.signal == signal.SIGHUP

    def test_one_that_was_lost_raises_at_the_end(self, monkeypatch):
        monkeypatch.setattr(sys, "unraisablehook", lambda lost: None)

        class Careless:
            def __del__(self) -> None:
                send(signal.SIGTERM)

        went_on = []
        with pytest.raises(Interrupted), signals.handled():
            went_on.append(Careless() is None)
        assert went_on

    def test_one_that_was_lost_stops_what_comes_next(self):
        asked = []

        def work() -> None:
            send(signal.SIGTERM)
            with signals.handled(asked.append):
                assert asked == ["terminated"]

        with pytest.raises(Interrupted), signals.handled(lambda word: None):
            work()

    def test_the_second_raises_but_two_at_once_are_one(self):
        asked = []

        def work() -> None:
            send(signal.SIGTERM)
            signal.raise_signal(signal.SIGTERM)
            assert asked == ["terminated"]
            send(signal.SIGINT)
            raise AssertionError("this is never reached")

        with pytest.raises(Interrupted) as caught, signals.handled(asked.append):
            work()
        assert caught.value.signal == signal.SIGTERM, "the first counts"

    def test_ignored_ones_stay_ignored(self):
        """As nohup wants it."""
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            with signals.handled():
                send(signal.SIGHUP)
        finally:
            signal.signal(signal.SIGHUP, before)

    @posix
    def test_withheld(self):
        asked = []

        def work() -> None:
            with signals.withheld():
                send(signal.SIGINT)
                assert asked == []
            assert asked == ["interrupted"]

        with pytest.raises(Interrupted), signals.handled(asked.append):
            work()


def send(number: int) -> None:
    """Raises a signal that does not count as one with the last."""
    time.sleep(signals.ONE)
    signal.raise_signal(number)
