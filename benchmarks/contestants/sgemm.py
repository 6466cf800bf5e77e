"""The machine's peak: single-precision matrix products in NumPy, in one thread for each core."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from benchmarks.contestants.protocol import Contestant, serve

WORK = 2 * 1024**3  # floating-point operations of one thread in one step, approximately


class Sgemm(Contestant):
    """A step multiplies stacks of square matrices, of the size that the flag gives, into an existing output."""

    def __init__(self, folder: Path, job: dict[str, Any], flags: tuple[str, ...]) -> None:
        threadpool_limits(1, "blas")
        size, threads = int(flags[0]), int(os.environ["OMP_NUM_THREADS"])
        rng = np.random.default_rng(0)
        shape = (3, sgemm_count(size), size, size)
        self.stacks = [rng.standard_normal(shape, np.float32) for _ in range(threads)]
        self.pool = ThreadPoolExecutor(threads)

    def run(self, steps: int) -> None:
        for _ in range(steps):
            list(self.pool.map(_multiply, self.stacks))

    def blas(self) -> dict[str, str]:
        """Return the BLAS of this process and its kernel, named by the processor that it was written for."""
        build = np.show_config(mode="dicts")["Build Dependencies"]["blas"]  # threadpoolctl does not know every BLAS
        found = next((library for library in threadpool_info() if library["user_api"] == "blas"), {})
        name, version = found.get("internal_api", build["name"]), found.get("version") or build["version"]
        return {"BLAS": f"{name} {version}", "kernel": found.get("architecture", "unknown")}

    def close(self) -> None:
        self.pool.shutdown()


def sgemm_count(size: int) -> int:
    """Return how many products of this size one thread does in a step."""
    return max(1, WORK // (2 * size**3))


def _multiply(stack: np.ndarray) -> None:
    np.matmul(stack[0], stack[1], out=stack[2])


if __name__ == "__main__":
    serve(Sgemm)
