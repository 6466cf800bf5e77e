"""Time from the start of the process to the first training step, and peak memory, ours against PyTorch.

    python -m benchmarks.startup [WORKLOAD] [--rounds 9] [--threads N] [--quick]

The time includes the start of the interpreter, imports, configuration, the network, initial weights, the first batch
and the first step. Memory is the largest PSS of all processes while a contestant runs alone.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import machine
from benchmarks.heading import describe_machine
from benchmarks.interleave import ATTEMPTS, PAUSE, Contestant, Entry, Quiet, Samples, peak_memory
from benchmarks.jobs import write_job
from benchmarks.options import add_options, settle
from benchmarks.tables import number, save, table
from benchmarks.training import EAGER, OURS, WORKLOADS

HEADER = ("contestant", "s to first step", "÷ PyTorch", "memory MB", "÷ PyTorch", "n")


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__.partition("\n")[0])
    parser.add_argument("workload", nargs="?", choices=WORKLOADS, default="lenet5-64")
    add_options(parser)
    options = settle(parser.parse_args())
    described = describe_machine(options)
    results = [Samples(entry.label) for entry in (OURS, EAGER)]
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        write_job(WORKLOADS[options.workload], folder)
        for entry, result in zip((OURS, EAGER), results, strict=True):  # also brings their files into the cache
            result.memory = peak_memory(entry, folder, options.threads)
        for _ in range(ATTEMPTS * options.rounds):
            for entry, result in zip((OURS, EAGER), results, strict=True):
                if len(result.seconds) < options.rounds:
                    sample(result, entry, folder, options.threads)
    data = {"workload": options.workload, "threads": options.threads, "results": [asdict(each) for each in results]}
    save("startup", f"Import to first step: {options.workload}", report(results), data, described)


def sample(result: Samples, entry: Entry, folder: Path, threads: int) -> None:
    """Start a contestant, wait for its first step, and end it."""
    time.sleep(PAUSE)
    quiet, began = Quiet(), time.perf_counter()
    contestant = Contestant(entry, folder, threads)
    seconds = time.perf_counter() - began
    was_quiet = quiet.but_for(machine.cpu_seconds(machine.family(contestant.pid)))
    contestant.close()
    (result.seconds if was_quiet else result.disturbed).append(seconds)


def report(results: Sequence[Samples]) -> str:
    """Return the table."""
    reference = results[-1]
    rows = []
    for each in results:
        share = each.memory / reference.memory if each.memory and reference.memory else None
        memory = number(each.memory and each.memory / 2**20, 0)
        ratio = number(each.over(reference))
        rows.append((each.label, number(each.median), ratio, memory, number(share), each.count))
    return table(HEADER, rows)


if __name__ == "__main__":
    main()
