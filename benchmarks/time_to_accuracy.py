"""Training time until LeNet-5 classifies 0.90 of Fashion-MNIST's test images, ours against PyTorch.

    python -m benchmarks.time_to_accuracy [--target 0.9] [--epochs 10] [--seeds 3] [--threads N] [--quick]

All use the same network, initial weights, order of the examples, optimizer and learning rates; only the dropout masks
differ. The contestants train their epochs in turns. Testing does not count, as it is only for the measurement. PyTorch
takes its batches from tensors that are normalised in advance, ours from the bytes.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.heading import describe_machine
from benchmarks.interleave import Entry, start
from benchmarks.jobs import Workload, write_job
from benchmarks.options import add_options, settle
from benchmarks.tables import number, save, table
from benchmarks.training import EAGER, OURS

FASTER = Entry("PyTorch channels_last fused", "pytorch", ("channels_last", "fused"))
HEADER = ("contestant", "seconds to target", "÷ PyTorch", "epochs to target", "s/epoch", "final accuracy")


def main() -> None:
    """Train, then print and save."""
    summary = __doc__.partition("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.time_to_accuracy", description=summary)
    parser.add_argument("--target", type=float, default=0.9, help="test accuracy (default 0.9)")
    parser.add_argument("--epochs", type=int, default=10, help="length of the schedule (default 10)")
    parser.add_argument("--seeds", type=int, default=3, help="runs, of which the median counts (default 3)")
    add_options(parser, rounds=False)
    options = settle(parser.parse_args())
    if options.quick:
        options.epochs, options.seeds = 1, 1
    described = describe_machine(options)
    runs = [run(seed, options) for seed in range(options.seeds)]
    title = f"Training to {options.target:g} test accuracy: LeNet-5 on Fashion-MNIST, {options.epochs} epochs"
    save("time_to_accuracy", title, report(runs, options.target), {"options": vars(options), "runs": runs}, described)


def run(seed: int, options: argparse.Namespace) -> dict[str, list[dict[str, float]]]:
    """Train every contestant, epoch by epoch in turns; return seconds so far and test accuracy after each epoch."""
    overrides = ("model=lenet5", "data=fashion_mnist", f"seed={seed}", f"epochs={options.epochs}")
    workload = Workload("lenet5", overrides, 64, examples=0)
    with tempfile.TemporaryDirectory() as directory:
        write_job(workload, Path(directory), options.epochs)
        contestants = start((OURS, EAGER, FASTER), Path(directory), options.threads)
        curves: dict[str, list[dict[str, float]]] = {each.label: [] for each in contestants}
        for _ in range(options.epochs):
            for each in contestants:
                curve = curves[each.label]
                seconds = (curve[-1]["seconds"] if curve else 0.0) + each.ask("epoch")["seconds"]
                accuracy = each.ask("accuracy")["value"]
                curve.append({"seconds": seconds, "accuracy": accuracy})
                print(f"seed {seed}  {each.label:28s} {seconds:7.1f} s  {accuracy:.4f}", flush=True)
        for each in contestants:
            each.close()
    return curves


def report(runs: Sequence[dict[str, list[dict[str, float]]]], target: float) -> str:
    """Return the table of medians over the seeds, with a dash where the median run does not reach the target."""
    rows: list[tuple[Any, ...]] = []
    reference = _median(runs, EAGER.label, target, "seconds")
    for label in runs[0]:
        seconds, epochs = (_median(runs, label, target, what) for what in ("seconds", "epochs"))
        each_epoch = median(run[label][-1]["seconds"] / len(run[label]) for run in runs)
        final = median(run[label][-1]["accuracy"] for run in runs)
        ratio = seconds / reference if seconds < float("inf") else None
        reached = _finite(seconds, 1), number(ratio), _finite(epochs, 0)
        rows.append((label, *reached, number(each_epoch), number(final, 4)))
    return table(HEADER, rows)


def _median(runs: Sequence[dict[str, list[dict[str, float]]]], label: str, target: float, what: str) -> float:
    """Return the median, over the runs, of the seconds or epochs to reach the target; infinite if never reached."""
    reached = []
    for run in runs:
        rows = enumerate(run.get(label, []), start=1)
        hits = (row["seconds"] if what == "seconds" else epoch for epoch, row in rows if row["accuracy"] >= target)
        reached.append(next(hits, float("inf")))
    return median(reached)


def _finite(value: float, digits: int) -> str:
    return number(value if value < float("inf") else None, digits)


if __name__ == "__main__":
    main()
