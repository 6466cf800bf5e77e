"""The heading of every result: machine, versions, NumPy's BLAS with its kernel, and the peak of its products."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.contestants.sgemm import sgemm_count
from benchmarks.interleave import Entry, measure, start

SIZES = (96, 1024)  # of square matrices
ROUNDS = 5
PEAK = "SGEMM GFLOP/s"


def describe_machine(options: argparse.Namespace) -> dict[str, Any]:
    """Print and return the heading, name to value; uses the options `threads`, `quick` and `slot`.

    BLAS and kernel are read in a process started like a contestant. It also measures the peak, the best sample over
    small and large matrix products on all `threads`.
    """
    described = machine.describe() | _blas(options)
    print(caption(described), flush=True)
    return described


def caption(described: dict[str, Any]) -> str:
    """Return the heading as one line."""
    return ", ".join(f"{key} {value}" for key, value in described.items())


def _blas(options: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "job.json").write_text("{}")
        started = start([Entry(str(size), "sgemm", (str(size),)) for size in SIZES], Path(directory), options.threads)
        blas = started[0].ask("blas")["value"]
        results = measure(started, 1 if options.quick else ROUNDS, options.slot)
    flops = {str(size): options.threads * sgemm_count(size) * 2 * size**3 for size in SIZES}
    peak = max(flops[each.label] / min(each.seconds + each.disturbed) for each in results)
    return {**blas, "threads": options.threads, PEAK: round(peak / 1e9, 1)}
