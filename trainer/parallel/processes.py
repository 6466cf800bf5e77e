"""How many worker processes."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Literal

from models import Graph

WORTHWHILE = 5_000_000
"""Multiply-accumulates of a forward pass that make a worker worth its while.

Measured with one and two workers on two cores (AVX-512, float32, Adam, alternating, medians), as a step's time with two
over that with one. Below 4 million for a batch one is faster (LeNet-5, batch 8: 1.07; 784-256-128-10, batch 16: 1.39),
from 15 million two are (784-256-128-10, batch 64: 0.99, batch 128: 0.65; LeNet-5, batch 32: 0.83, batch 64: 0.74;
ResNet-8, batch 2: 0.67). What a step costs beside arithmetic (40 µs of exchanges, and parameters that one worker wrote
have to reach the others' caches) does not shrink with the number of workers.
"""


class Processes:
    """A batch is split over worker processes of this machine.

    workers: their number; auto: one for each core, but not more than the work of a batch is worth. Raises ValueError
    for a number below one.
    """

    def __init__(self, workers: int | Literal["auto"] = "auto") -> None:
        if workers != "auto" and workers < 1:
            raise ValueError(f"workers: {workers} is neither auto nor at least 1")
        self.workers = workers

    def size(self, graph: Graph, batch_size: int) -> int:
        """The number of workers, this process among them.

        It follows from the machine, the network and the batch size, not from a measurement: the bits of a result depend
        on it.
        """
        if self.workers != "auto":
            return self.workers
        work = batch_size * sum(node.layer.macs(*node.input_shapes) for node in graph.nodes)
        return max(1, min(cores(), batch_size, work // WORTHWHILE))


def cores() -> int:
    """The physical cores that this process may use; a container's limit counts too."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    number = len({_siblings(cpu) for cpu in allowed})
    with suppress(OSError, ValueError):  # ValueError: "max", no limit
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        number = min(number, -(-int(quota) // int(period)))
    return number


def _siblings(cpu: int) -> str:
    """What names the physical core of a logical one, where Linux tells it."""
    try:
        return Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list").read_text()
    except OSError:
        return str(cpu)
