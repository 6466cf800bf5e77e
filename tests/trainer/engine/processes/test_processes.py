"""How many workers."""

import os
from pathlib import Path

import pytest

from trainer.engine.processes import Processes, processes
from trainer.ground.targets import instantiate
from trainer.ground.values import ConfigError
from trainer.models import GraphBuilder, Linear


def network(macs):
    builder = GraphBuilder({"x": (macs,)})
    builder.add("linear", Linear(1), ["x"])
    return builder.finish()


def worth(parameters):
    return processes.WORTHWHILE + processes.WORTHWHILE_PER_PARAMETER * parameters


@pytest.mark.parametrize(
    ("macs", "batch_size", "cores", "workers"),
    [
        (10, 64, 8, 1),
        (100, worth(101) // 50, 8, 1),  # the bias is a parameter too
        (100, worth(101) // 50 + 1, 8, 2),
        (100, worth(101) // 25 + 1, 16, 4),
        (100, worth(101), 4, 4),
        (100, 1, 1, 1),
    ],
)
def test_auto(monkeypatch, macs, batch_size, cores, workers):
    monkeypatch.setattr(processes, "cores", lambda: cores)
    assert Processes().size(network(macs), batch_size) == workers


def test_a_number_is_taken_as_it_is():
    assert Processes(5).size(network(1), 1) == 5


@pytest.mark.parametrize(
    ("workers", "message"),
    [(0, "0 is not in"), ("all", "'all' is not an integer or one of 'auto'"), (1.5, "1.5 is not")],
)
def test_mistakes(workers, message):
    with pytest.raises(ConfigError, match=message):
        instantiate({"_target_": "trainer.parallel.Processes", "workers": workers}, Processes, "parallel")


def test_cores(monkeypatch):
    assert processes.cores() >= 1
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    siblings = {0: "0,2", 1: "1,3", 2: "0,2", 3: "1,3"}
    monkeypatch.setattr(processes, "_siblings", siblings.get)
    files = {"/sys/fs/cgroup/cpu.max": "max 100000"}
    monkeypatch.setattr(Path, "read_text", lambda path: files[str(path)])
    assert processes.cores() == 2
    files["/sys/fs/cgroup/cpu.max"] = "50000 100000"
    assert processes.cores() == 1


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux lets a process choose")
@pytest.mark.parametrize(
    ("allowed", "taken", "moves"),
    [
        ({0, 1, 2, 3}, 0, [{1}, {1}]),  # 0 and 2 are one core
        ({0, 1, 2, 3}, 3, [{0}, {0}]),
        ({0, 1, 4, 5}, 1, [{0}, {4}, {5}, {0}]),
        ({0, 2}, 0, []),
    ],
)
def test_move_away_from(monkeypatch, allowed, taken, moves):
    """To another core, and free to go from there."""
    calls = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: allowed)
    monkeypatch.setattr(os, "sched_setaffinity", lambda _, cpus: calls.append(cpus))
    monkeypatch.setattr(processes, "_siblings", lambda cpu: {0: "0,2", 2: "0,2", 1: "1,3", 3: "1,3"}.get(cpu, str(cpu)))
    stat = f"12 (a name) R {' '.join('0' * 35)} {taken} 0"
    monkeypatch.setattr(Path, "read_text", lambda path: {"/proc/12/stat": stat}[str(path)])
    for rank in range(1, len(moves) + 1):
        processes.move_away_from(12, rank)
    assert calls == [cpus for move in moves for cpus in (move, allowed)]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux lets a process choose")
def test_move_away_from_this_and_from_nobody():
    allowed = os.sched_getaffinity(0)
    processes.move_away_from(os.getpid(), 1)
    processes.move_away_from(2**30, 1)
    assert os.sched_getaffinity(0) == allowed
