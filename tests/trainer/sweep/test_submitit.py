"""Sweeps through submitit, by its executor that needs no cluster."""

import os
import time
from types import SimpleNamespace

import pytest

from tests.helpers.process import FAST, FAULTS, FAULTY
from trainer.sweep.jobs import read

pytestmark = pytest.mark.process

pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
core = pytest.importorskip("submitit.core.core")


@pytest.fixture
def impatient(monkeypatch):
    """Submitit looks for results not once a second, and not for 15 seconds where there will be none."""
    monkeypatch.setattr(core.Job, "_results_timeout_s", 0.2)
    monkeypatch.setattr(core, "_time", SimpleNamespace(time=time.time, sleep=lambda _: time.sleep(0.02)))


def test_a_job_that_raises_and_one_that_is_killed(impatient, trainer_here, tmp_path, monkeypatch, capfd):
    (tmp_path / "faulty.py").write_text(FAULTY)
    monkeypatch.setenv("PYTHONPATH", os.environ.get("PYTHONPATH", ""))  # the launcher changes it
    faults = "+callbacks.fault.how=kill,slow,raise"
    code = trainer_here("--multirun", "hydra/launcher=submitit_local", *FAST, *FAULTS, faults, "hydra.sweep.dir=sweep")
    assert {job.name: job.status for job in read(tmp_path / "sweep")} == {
        "00_how=kill": "failed",
        "01_how=slow": "completed",
        "02_how=raise": "failed",
    }
    assert code == 1
    told = capfd.readouterr().err
    assert "error: 00_how=kill: failed: its process died (UncompletedJobError)" in told
    assert len(told.splitlines()) == 2
