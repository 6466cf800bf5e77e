"""Sweeps over the cores of a machine, by joblib."""

import shutil
import signal

import pytest

from tests.helpers.process import FAST, FAULTS, FAULTY, RAISED, start, wait_until
from trainer.engine.processes.processes import cores
from trainer.runs.folder import LAST
from trainer.runs.locked import is_locked
from trainer.sweep.jobs import read

pytestmark = pytest.mark.process

pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
from joblib.externals.loky import get_reusable_executor  # noqa: E402

JOBLIB = ("--multirun", "hydra/launcher=joblib", *(option for option in FAST if "parallel" not in option))


@pytest.fixture
def sweep_here(trainer_here):
    """Do a sweep, in this process as far as it is not done in joblib's, which end with the test."""
    yield trainer_here
    get_reusable_executor().shutdown(kill_workers=True)


def test_a_job_that_raises_and_one_that_is_killed(sweep_here, tmp_path, capfd):
    """The others share the cores."""
    (tmp_path / "faulty.py").write_text(FAULTY)
    faults = ("+callbacks.fault.how=none,raise,kill", "hydra.sweep.dir=sweep")
    assert sweep_here(*JOBLIB, *FAULTS, *faults, f"hydra.launcher.n_jobs={max(2, cores())}") == 1
    told = capfd.readouterr().err
    jobs = read(tmp_path / "sweep")
    assert {job.name: job.status for job in jobs} == {
        "00_how=none": "completed",
        "01_how=raise": "failed",
        "02_how=kill": "failed",
    }
    assert f"error: 01_how=raise: failed: {RAISED}\n" in told
    assert "error: 02_how=kill: failed: its process died" in told
    assert len(told.splitlines()) == 2
    assert "3 jobs: 1 completed, 2 failed" in (tmp_path / "sweep/summary.md").read_text()
    assert jobs[0].result["workers"] == 1
    assert all("parallel.workers=1" in job.overrides for job in jobs)


def test_killed_and_resumed(sweep_here, tmp_path):
    (tmp_path / "faulty.py").write_text(FAULTY)
    arguments = (*JOBLIB, *FAULTS, "+callbacks.fault.how=wait", "seed=0,1,2", "hydra.launcher.n_jobs=2")
    sweep = tmp_path / "sweep"
    begun = [sweep / "00_seed=0", sweep / "01_seed=1"]
    for job in begun:
        (tmp_path / "wait" / job.name).mkdir(parents=True)
    process = start(*arguments, "hydra.sweep.dir=sweep", cwd=tmp_path)
    wait_until(lambda: all((job / LAST).exists() for job in begun))
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: not any(map(is_locked, begun)))  # the workers have noticed
    assert [job.status for job in read(sweep)] == ["interrupted", "interrupted", "waiting"]
    shutil.rmtree(tmp_path / "wait")
    assert sweep_here(*arguments, "hydra.sweep.dir=sweep") == 0
    assert [job.status for job in read(sweep)] == ["completed"] * 3
    assert [len(job.metrics) for job in read(sweep)] == [2] * 3
