"""Sweeps over the cores of a machine, by joblib."""

import signal
import time

import pytest

from tests.helpers.process import FAST, FAULTS, FAULTY, RAISED, run, start
from trainer.engine.processes.processes import cores
from trainer.sweep.jobs import read

pytestmark = pytest.mark.process

pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
JOBLIB = ("--multirun", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", *FAST)


def test_a_job_that_raises_and_one_that_is_killed(tmp_path):
    (tmp_path / "faulty.py").write_text(FAULTY)
    faults = "+callbacks.fault.how=none,raise,kill,slow"
    process = run(*JOBLIB, *FAULTS, faults, "hydra.sweep.dir=sweep", cwd=tmp_path)
    assert process.returncode == 1
    assert {job.name: job.status for job in read(tmp_path / "sweep")} == {
        "00_how=none": "completed",
        "01_how=raise": "failed",
        "02_how=kill": "failed",
        "03_how=slow": "completed",
    }
    assert f"error: 01_how=raise: failed: {RAISED}\n" in process.stderr
    assert "error: 02_how=kill: failed: its process died" in process.stderr
    assert len(process.stderr.splitlines()) == 2
    assert "4 jobs: 2 completed, 2 failed" in (tmp_path / "sweep/summary.md").read_text()


def test_the_jobs_share_the_cores(tmp_path):
    fast = [option for option in FAST if "parallel" not in option]
    launcher = ("hydra/launcher=joblib", f"hydra.launcher.n_jobs={2 * cores()}")
    process = run("--multirun", *launcher, *fast, "seed=0,1", "hydra.sweep.dir=sweep", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    assert [job.result["workers"] for job in read(tmp_path / "sweep")] == [1, 1]
    assert all("parallel.workers=1" in job.overrides for job in read(tmp_path / "sweep"))


def test_killed_and_resumed(tmp_path):
    (tmp_path / "faulty.py").write_text(FAULTY)
    arguments = (*JOBLIB, *FAULTS, "+callbacks.fault.how=slow", "epochs=3", "seed=0,1,2,3", "hydra.sweep.dir=sweep")
    process = start(*arguments, cwd=tmp_path)
    deadline = time.monotonic() + 60
    while not [*(tmp_path / "sweep").glob("*/checkpoints/last.safetensors")] and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(2)  # the workers notice
    assert {job.status for job in read(tmp_path / "sweep")} >= {"interrupted", "waiting"}
    resumed = run(*arguments, cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert {job.status for job in read(tmp_path / "sweep")} == {"completed"}
    assert [len(job.metrics) for job in read(tmp_path / "sweep")] == [3] * 4
