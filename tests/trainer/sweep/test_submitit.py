"""Sweeps through submitit, by its executor that needs no cluster."""

import pytest

from tests.helpers.process import FAST, FAULTS, FAULTY, run
from trainer.sweep.jobs import read

pytestmark = pytest.mark.process

pytest.importorskip("hydra_plugins.hydra_submitit_launcher")


def test_a_job_that_raises_and_one_that_is_killed(tmp_path):
    (tmp_path / "faulty.py").write_text(FAULTY)
    faults = "+callbacks.fault.how=none,raise,kill,slow"
    process = run("--multirun", "hydra/launcher=submitit_local", *FAST, *FAULTS, faults, "hydra.sweep.dir=sweep",
                  cwd=tmp_path)
    assert {job.name: job.status for job in read(tmp_path / "sweep")} == {
        "00_how=none": "completed",
        "01_how=raise": "failed",
        "02_how=kill": "failed",
        "03_how=slow": "completed",
    }
    assert process.returncode == 1
    assert "error: 02_how=kill: failed: its process died (UncompletedJobError)" in process.stderr
    assert len(process.stderr.splitlines()) == 2
