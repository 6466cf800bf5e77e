"""A checkpoint is whole whenever its writer is killed, and whatever its disk does."""

import errno
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import trainer
from tests.helpers.checkpoints import assert_same, small
from tests.helpers.process import FAST, run, start, wait_for_epoch
from tests.helpers.training import last
from trainer.runs import checkpoint, resume

KILLS = int(os.environ.get("TRAINER_KILLS", "40"))
SIZE = 100_000  # of the checkpoint, so that a write takes long enough to be hit

# Forks a process that saves one checkpoint after the other, as often as it is told to; importing happens once.
SAVER = """
import os, sys
from pathlib import Path
from tests.helpers.checkpoints import small
from trainer.runs import checkpoint

for line in sys.stdin:
    step = int(line)
    child = os.fork()
    while not child:
        step += 1
        checkpoint.write(small(step, int(sys.argv[2])), Path(sys.argv[1]))
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(os.name == "nt", reason="processes are neither forked nor killed like this"),
]


def test_killed_while_saving(tmp_path, record_property):
    path = tmp_path / "checkpoints" / "last.safetensors"
    checkpoint.write(small(0, SIZE), path)
    moments = random.Random(0)
    place = os.pathsep.join([str(trainer.ROOT), str(Path(__file__).parents[2])])
    interrupted = step = 0
    with subprocess.Popen(
        [sys.executable, "-c", SAVER, str(path), str(SIZE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": place, "OPENBLAS_NUM_THREADS": "1"},
    ) as saver:
        for trial in range(KILLS):
            saver.stdin.write(f"{step}\n")
            saver.stdin.flush()
            child = int(saver.stdout.readline())
            time.sleep(moments.uniform(0, 0.05))
            while trial % 2 and not any(path.parent.glob(".*.tmp")):
                pass  # every other kill is aimed at the middle of a write
            os.kill(child, 9)
            assert saver.stdout.readline() == "ended\n"
            found = checkpoint.read(path)
            assert found.metadata["step"] >= step
            step = found.metadata["step"]
            assert_same(found, small(step, SIZE))
            unfinished = list(path.parent.glob(".*.tmp"))
            interrupted += bool(unfinished)
            for part in unfinished:
                part.unlink()
        saver.stdin.close()
    record_property("kills in the middle of a write", interrupted)
    assert step > 0
    assert interrupted > KILLS / 10  # else nothing was tested


@pytest.fixture
def small_disk(tmp_path):
    """small_disk(size): a file system of that many kilobytes."""
    mounted = []

    def mount(size):
        place = tmp_path / "disk"
        place.mkdir()
        options = ["-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(place)]
        if shutil.which("mount") is None or subprocess.run(["mount", *options], capture_output=True).returncode:
            pytest.skip("no file system can be mounted here")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_full_disk_while_saving(small_disk):
    path = small_disk(3072) / "last.safetensors"
    checkpoint.write(small(7, SIZE), path)
    with pytest.raises(checkpoint.CheckpointError) as caught:
        checkpoint.write(small(9, SIZE), path)
    reason = os.strerror(errno.ENOSPC)
    assert str(caught.value) == f"{path}: cannot be written: {reason}; the previous checkpoint is whole"
    assert_same(checkpoint.read(path), small(7, SIZE))
    assert list(path.parent.iterdir()) == [path]


def test_full_disk_while_training(small_disk):
    """The first checkpoint fits and the second does not. When there is room again, the run continues."""
    disk = small_disk(4096)
    process = run(*FAST, "epochs=3", "hydra.run.dir=run", cwd=disk)
    assert process.stderr == (
        f"error: {disk / 'run' / resume.LAST}: cannot be written: No space left on device; "
        "the previous checkpoint is whole\n"
    )
    assert process.returncode == 1
    assert last(disk / "run").metadata["step"] == 0
    assert '"failed"' in (disk / "run" / "result.json").read_text()
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
    rest = run("resume=run", cwd=disk)
    assert rest.returncode == 0, rest.stderr
    assert last(disk / "run").metadata["epoch"] == 3


def test_directory_removed_while_training(tmp_path):
    process = start(*FAST, "epochs=100000", "hydra.run.dir=run", cwd=tmp_path, errors=tmp_path / "errors")
    try:
        wait_for_epoch(tmp_path / "run")
        (tmp_path / "run").rename(tmp_path / "moved")
        assert process.wait(timeout=60) == 1
    finally:
        process.kill()
    errors = (tmp_path / "errors").read_text()
    assert errors.startswith(f"error: {tmp_path / 'run'}")
    assert "No such file or directory" in errors
    assert errors.count("\n") == 1
    assert last(tmp_path / "moved").metadata["step"] >= 0  # whole


def test_read_only_disk(small_disk):
    disk = small_disk(16384)
    process = run(*FAST, "hydra.run.dir=run", cwd=disk)
    assert process.returncode == 0, process.stderr
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    before = (disk / "run" / resume.LAST).read_bytes()
    process = run("resume=run", "epochs=3", cwd=disk)
    assert process.returncode == 1
    assert "Read-only file system" in process.stderr
    assert process.stderr.count("\n") == 1
    assert (disk / "run" / resume.LAST).read_bytes() == before
