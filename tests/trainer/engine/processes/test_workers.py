"""Several workers against one, and their end."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import trainer
from tests.helpers.process import FAST, wait_for_epoch, wait_until
from tests.helpers.process import start as start_trainer
from trainer.engine.processes.workers import WorkerError, Workers
from trainer.engine.setup import Setup

pytestmark = pytest.mark.process

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

ENVIRONMENT = os.environ | {"PYTHONPATH": str(trainer.ROOT), "OPENBLAS_NUM_THREADS": "1"}
BATCHES = [32, 32, 17, 3, 2, 32]  # with three workers, one batch has fewer examples than workers


def trained(workers):
    """Everything that some steps and a validation lead to."""
    rng = np.random.default_rng(0)
    tallies = [
        workers.train(rng.integers(0, workers.counts["train"], size), 0.01, step)
        for step, size in enumerate(BATCHES, 1)
    ]
    tallies += [workers.evaluate("test", np.arange(count)) for count in (100, 1)]
    arrays = [workers.parameters.data, workers.parameters.kept, *workers.state.values()]
    return tallies, [array.copy() for array in arrays]


@pytest.mark.parametrize("size", [2, 3])
def test_many_equal_one(start, size):
    (tallies, arrays), (expected_tallies, expected_arrays) = (trained(start(number)) for number in (size, 1))
    for array, expected in zip(arrays, expected_arrays, strict=True):
        np.testing.assert_allclose(array, expected, rtol=0, atol=1e-10)
    for tally, expected in zip(tallies, expected_tallies, strict=True):
        assert (tally.examples, tally.sums["correct"]) == (expected.examples, expected.sums["correct"])
        assert tally.loss == pytest.approx(expected.loss, abs=1e-10)


@pytest.mark.parametrize("size", [1, 3])
def test_same_number_gives_same_bits(start, config, size):
    config["precision"] = "float32"
    (tallies, arrays), (again, arrays_again) = trained(start(size)), trained(start(size))
    assert tallies == again
    for array, other in zip(arrays, arrays_again, strict=True):
        np.testing.assert_array_equal(array, other)


@pytest.mark.parametrize("size", [1, 3])
def test_measures_that_are_vectors(start, config, size):
    """Of two examples with three workers, each of which then does both, too."""
    data = {"shape": [1, 8, 8], "target": [1.0, -2.0], "examples": 20}
    config["data"] = {"_target_": "datasets.RandomRegression", **data}
    config["model"]["layers"]["head"]["out_features"] = 2
    config["loss"] = {"_target_": "models.losses.MeanSquaredError"}
    workers = start(size)
    for count in (20, 2):
        tally = workers.evaluate("test", np.arange(count))
        assert tally.examples == count
        np.testing.assert_allclose(tally.sums["target"], [count, -2 * count])
        assert tally.sums["squared_error"].sum() == pytest.approx(2 * tally.loss)
        assert workers.shard.problem.figures(tally.sums, count)["r2"] == 0


def test_a_worker_imports_only_what_it_needs():
    heavy = ("hydra", "omegaconf", "matplotlib", "tqdm", "pooch", "safetensors", "threadpoolctl", "multiprocessing")
    program = f"import sys, trainer.engine.processes.worker; sys.exit(str(set({heavy}) & set(sys.modules) or ''))"
    process = subprocess.run(
        [sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert process.stderr == "\n"


def test_no_more_processes(config, monkeypatch):
    def refused(*arguments, **options):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refused)
    line = r"^worker 1 cannot be started: Resource temporarily unavailable; raise .* or set parallel.workers=1$"
    with pytest.raises(WorkerError, match=line), Workers(config, 2):
        pass


def test_error_in_a_worker(start):
    workers = start(2)
    workers._command("train", np.array([10**9]), lr=0.1, step=1)
    with pytest.raises(WorkerError, match=r"^worker 1: indices 1000000000\.\.1000000000 of \d+ examples\n") as caught:
        workers.shard.communicator.barrier()
    assert "Traceback" in caught.value.__notes__[0]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("moment", ["before start", "idle", "in a step"])
def test_killed_worker(config, moment):
    setup = Setup(config)
    splits = setup.splits()
    with Workers(config, 3) as workers:
        processes = list(workers._processes)
        if moment != "before start":
            workers.start(setup, splits)
            trained(workers)
        processes[1].kill()
        if moment != "in a step":
            processes[1].wait()
        with pytest.raises(WorkerError, match=r"^worker 2 was killed \(signal 9\)"):
            workers.start(setup, splits) if moment == "before start" else trained(workers)
    assert [process.returncode for process in processes] == [-signal.SIGKILL] * 2


def test_processes_end_with_the_block(config):
    with Workers(config, 2) as workers:
        (process,) = workers._processes
        assert process.poll() is None
    assert process.poll() is not None


def seconds_of_cpu(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@linux
def test_idle_workers_use_no_processor(start):
    workers = start(2)
    trained(workers)
    (process,) = workers._processes
    time.sleep(0.1)
    before = seconds_of_cpu(process.pid)
    time.sleep(0.5)
    assert seconds_of_cpu(process.pid) - before <= 0.01


PARENT = """
import json, sys, numpy
from trainer.engine.processes.workers import Workers
from trainer.engine.setup import Setup
config = json.loads(sys.argv[1])
setup = Setup(config)
with Workers(config, 3) as workers:
    workers.start(setup, setup.splits())
    print(*(process.pid for process in workers._processes), flush=True)
    if sys.argv[2] == "in a step":
        workers._command("train", numpy.arange(3), lr=0.1, step=1)
    sys.stdin.read()
"""


@linux
@pytest.mark.parametrize("moment", ["idle", "in a step"])
def test_workers_do_not_outlive_a_killed_parent(config, moment):
    command = [sys.executable, "-c", PARENT, json.dumps(config), moment]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT) as parent:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        assert "/dev/shm" not in Path(f"/proc/{pids[0]}/maps").read_text()  # so nothing can be left there
        parent.kill()
    wait_until(lambda: not any(alive(pid) for pid in pids))


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def run(tmp_path):
    """A run with two workers that has finished an epoch: its process, the other worker's id, its directory."""
    arguments = (*FAST, "epochs=100000", "parallel.workers=2", "hydra.run.dir=run")
    process = start_trainer(*arguments, cwd=tmp_path, errors=tmp_path / "errors")
    wait_for_epoch(tmp_path / "run")
    (worker,) = map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split())
    yield process, worker, tmp_path / "run"
    process.kill()
    process.wait(timeout=60)
    assert not alive(worker)


@linux
def test_a_run_whose_worker_is_killed(run):
    process, worker, directory = run
    os.kill(worker, signal.SIGKILL)
    assert process.wait(timeout=60) == 1
    assert (directory.parent / "errors").read_text() == (
        "error: worker 1 was killed (signal 9) and the run stops; "
        "if memory ran out, lower batch_size or parallel.workers\n"
    )
    assert '"status": "failed"' in (directory / "result.json").read_text()


@linux
def test_interrupt_ends_a_run_and_its_workers(run):
    process, worker, directory = run
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    assert process.wait(timeout=60) == 130
    assert (directory.parent / "errors").read_text().startswith("error: interrupted in epoch ")
    assert not alive(worker)
