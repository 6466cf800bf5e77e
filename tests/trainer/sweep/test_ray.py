"""Sweeps on a Ray cluster: two nodes, on this machine."""

import subprocess
import sys

import pytest

from tests.helpers.process import FAST, FAULTS, FAULTY, RAISED, environment, run
from trainer.sweep.jobs import read

pytestmark = pytest.mark.process

pytest.importorskip("ray")
pytest.importorskip("hydra_plugins.hydra_ray_launcher")

CLUSTER = """
import sys
from ray.cluster_utils import Cluster

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
cluster.add_node(num_cpus=1)
print(cluster.address, flush=True)
sys.stdin.read()
cluster.shutdown()
"""


@pytest.fixture
def address(tmp_path):
    """Of a cluster, which ends with the test."""
    command = [sys.executable, "-c", CLUSTER]
    with subprocess.Popen(
        command, env=environment(RAY_USAGE_STATS_ENABLED="0"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    ) as process:
        lines = (line.strip() for line in process.stdout)
        yield next(line for line in lines if line.rpartition(":")[2].isdigit())
        process.stdin.close()
        process.wait(timeout=60)


def test_a_job_that_raises_and_one_that_is_killed(address, tmp_path):
    (tmp_path / "faulty.py").write_text(FAULTY)
    there = f"hydra.launcher.ray.init.address={address!r}"
    cluster = ("hydra/launcher=ray", there, "+hydra.launcher.ray.remote.max_retries=0")
    faults = "+callbacks.fault.how=none,raise,kill,slow"
    process = run("--multirun", *cluster, *FAST, *FAULTS, faults, "hydra.sweep.dir=sweep", cwd=tmp_path)
    assert {job.name: job.status for job in read(tmp_path / "sweep")} == {
        "00_how=none": "completed",
        "01_how=raise": "failed",
        "02_how=kill": "failed",
        "03_how=slow": "completed",
    }, process.stderr
    assert process.returncode == 1
    assert f"error: 01_how=raise: failed: {RAISED}\n" in process.stderr
    assert "error: 02_how=kill: failed: its process died (WorkerCrashedError)" in process.stderr
