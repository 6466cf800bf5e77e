"""How many worker processes a run has."""

import math
import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Literal

from trainer.ground.options import check_range
from trainer.models import Graph

WORTHWHILE = 750_000
WORTHWHILE_PER_PARAMETER = 5
"""Multiply-accumulates of a forward pass that make a worker worthwhile: this many, and more for each parameter.

Some costs of a step do not shrink with the number of workers: the exchanges, and for each parameter the transfer of
what one worker wrote to the others' caches. Measured with one and two workers on two cores (AVX-512, float32, in
turns), as a step's time with two over that with one: below the limit 1.07 (784-50-10, batch 16), 1.02 (LeNet-5, batch
4) and 0.85 (784-256-128-10, batch 16); above it 0.90 and 0.82 (784-50-10, batch 64 and 100), 0.75 and 0.67
(784-256-128-10, batch 32 and 64), 1.01 and 0.81 (LeNet-5, batch 8 and 32), 0.92 (ResNet-8, batch 2).
"""


class Processes:
    """Splits each batch over worker processes of this machine.

    Args:
        workers: Their number; auto: one for each core, but no more than the work of a batch is worth.

    Raises:
        ValueError: The number is below one.
    """

    def __init__(self, workers: int | Literal["auto"] = "auto") -> None:
        if workers != "auto":
            check_range("workers", workers, "[1, inf)", "auto chooses a number")
        self.workers = workers

    def size(self, graph: Graph, batch_size: int) -> int:
        """Return the number of workers, this process among them.

        It follows from the machine, the network and the batch size. It is not measured, because the bits of a result
        depend on it.
        """
        if self.workers != "auto":
            return self.workers
        work = batch_size * sum(node.layer.macs(*node.input_shapes) for node in graph.nodes)
        learned = sum(math.prod(parameter.shape) for parameter in graph.parameters.values() if parameter.trainable)
        return max(1, min(cores(), batch_size, work // (WORTHWHILE + WORTHWHILE_PER_PARAMETER * learned)))


def cores() -> int:
    """Return the physical cores that this process may use; a container's limit counts too."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    number = len({_siblings(cpu) for cpu in allowed})
    with suppress(OSError, ValueError):  # ValueError: "max", no limit
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        number = min(number, -(-int(quota) // int(period)))
    return number


def move_away_from(pid: int, rank: int) -> None:
    """Move this process, worker `rank`, away from the core of process `pid`, if Linux allows it.

    Linux wakes a process on the core of the one that woke it, and may then let both take turns there for seconds. The
    process is moved only once and not bound to the core: if other programs run, Linux knows better where to put it.
    """
    if not hasattr(os, "sched_setaffinity"):
        return
    allowed = os.sched_getaffinity(0)
    with suppress(OSError):  # the other has ended
        taken = _siblings(int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[36]))
        free = {core: cpu for cpu in sorted(allowed, reverse=True) if (core := _siblings(cpu)) != taken}  # one per core
        if free:
            os.sched_setaffinity(0, {sorted(free.values())[(rank - 1) % len(free)]})
            os.sched_setaffinity(0, allowed)


@cache
def _siblings(cpu: int) -> str:
    """Return a name of the physical core that a logical one belongs to, if Linux provides it."""
    try:
        return Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list").read_text()
    except OSError:
        return str(cpu)
