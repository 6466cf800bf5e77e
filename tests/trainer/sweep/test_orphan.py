"""Jobs end with the sweep that started them."""

import os
import subprocess
import sys
import time

import pytest

from tests.helpers.process import environment
from trainer.sweep import orphan

SWEEP = """
import multiprocessing, time
from trainer.sweep.orphan import end_with_parent

def job(say):
    end_with_parent()
    say.send(multiprocessing.current_process().pid)
    time.sleep(60)

if __name__ == "__main__":
    listen, say = multiprocessing.Pipe(duplex=False)
    multiprocessing.get_context("fork").Process(target=job, args=(say,)).start()
    print(listen.recv(), flush=True)
    time.sleep(60)
"""


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
        return file.read().rpartition(")")[2].split()[0] != "Z"


def test_a_process_that_multiprocessing_did_not_start_is_left_alone(monkeypatch):
    monkeypatch.setattr(orphan, "Thread", lambda **_: pytest.fail("it is watched"))
    orphan.end_with_parent.__wrapped__()


@pytest.mark.process
@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are looked for in /proc")  # noqa: PTH112
def test_a_job_does_not_outlive_a_sweep_that_is_killed():
    with subprocess.Popen(
        [sys.executable, "-c", SWEEP], env=environment(), stdout=subprocess.PIPE, text=True
    ) as sweep:
        job = int(sweep.stdout.readline())
        assert is_alive(job)
        sweep.kill()
        sweep.wait()
        for _ in range(500):
            if not is_alive(job):
                break
            time.sleep(0.02)
        assert not is_alive(job)
