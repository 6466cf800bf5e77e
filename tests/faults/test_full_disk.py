"""A disk of any size that is full: when there is room, the same command or a resume ends in the same bytes."""

import shutil
import subprocess

import pytest

from tests.helpers.process import run
from tests.helpers.training import assert_same_run
from trainer.runs.folder import LAST, RECORD

TINY = (
    *("model=mlp", "model.layers.fc1.out_features=8", "limit.train=200", "limit.test=20", "batch_size=100"),
    *("epochs=3", "parallel.workers=1", "callbacks.curves=null", "callbacks.report=null"),
)

pytestmark = [pytest.mark.process, pytest.mark.slow]


@pytest.fixture
def disk(tmp_path):
    """disk(kilobytes): a file system of that size, under tmp_path; again: the same with more room."""
    place = tmp_path / "disk"
    mounted = []

    def mount(size):
        options = f"remount,size={size}k" if mounted else f"size={size}k"
        place.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("no file system can be mounted here")
        mounted.append(place)
        return place

    yield mount
    if mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A sweep that nothing stopped; a run with the same seed ends in the same bytes as its job."""
    folder = tmp_path_factory.mktemp("whole")
    process = run("--multirun", *TINY, "seed=0,1", "hydra.sweep.dir=sweep", cwd=folder)
    assert process.returncode == 0, process.stderr
    return folder / "sweep"


@pytest.mark.parametrize("size", [4, 40, 1200])
def test_a_run(size, disk, whole):
    place = disk(size)
    process = run(*TINY, "hydra.run.dir=run", cwd=place)
    if process.returncode:
        assert process.stderr.startswith("error: ")
        assert "Traceback" not in process.stderr
    disk(1 << 16)
    command = ("resume=run",) if (place / "run" / LAST).exists() else (*TINY, "hydra.run.dir=run")
    process = run(*command, cwd=place)
    assert process.returncode == 0, process.stderr
    assert_same_run(whole / "00_seed=0", place / "run")


@pytest.mark.parametrize("size", [8, 400])
def test_a_sweep(size, disk, whole):
    place = disk(size)
    command = ("--multirun", *TINY, "seed=0,1", "hydra.sweep.dir=sweep")
    process = run(*command, cwd=place)
    assert process.returncode == 1
    assert "Traceback" not in process.stderr
    disk(1 << 16)
    again = ("resume=sweep",) if (place / "sweep" / RECORD).exists() else command
    process = run(*again, cwd=place)
    assert process.returncode == 0, process.stderr
    for job in ("00_seed=0", "01_seed=1"):
        assert_same_run(whole / job, place / "sweep" / job)
