"""Time of a training step, ours against PyTorch, JAX and scikit-learn.

    python -m benchmarks.training [WORKLOAD ...] [--rounds 9] [--threads N] [--quick]

For each workload every library gets the same network with the same weights, and gradients are compared first. Then each
runs in its own process, with equally many threads, in turns; the figures are medians over the rounds. Needs the extra
`bench`; JAX and scikit-learn take part if they are installed.
"""

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.heading import PEAK, describe_machine
from benchmarks.interleave import ContestantError, Entry, Samples, measure, peak_memory, start
from benchmarks.jobs import Workload, write_job
from benchmarks.options import add_options, settle
from benchmarks.tables import number, save, table

TOLERANCE = 1e-2  # of a gradient, relative to its norm, in float32 through 20 layers with BatchNorm
PLAIN_SGD = ("optimizer=sgd", "optimizer.momentum=0", "optimizer.nesterov=false")
MOMENTUM = ("optimizer=sgd", "optimizer.nesterov=false")
MLP = ("model=mlp", *MOMENTUM)
ONE_HIDDEN = ("model=mlp", "model.layers.fc1.out_features=50", "~model.layers.fc2", "~model.layers.act2", *PLAIN_SGD)

WORKLOADS = {
    each.name: each
    for each in (
        Workload("lenet5-64", ("model=lenet5",), 64),
        Workload("lenet5-128", ("model=lenet5",), 128),
        Workload("784-50-10-100", ONE_HIDDEN, 100),
        Workload("784-256-128-10-64", MLP, 64),
        Workload("784-256-128-10-128", MLP, 128),
        Workload("vgg_small-64", ("model=vgg_small",), 64),
        Workload("vgg_small-128", ("model=vgg_small",), 128),
        Workload("resnet8-64", ("model=resnet8",), 64),
        Workload("resnet8-128", ("model=resnet8",), 128),
        Workload("resnet20-64", ("model=resnet20",), 64),
        Workload("lenet5-128-inference", ("model=lenet5",), 128, training=False),
    )
}

OURS, EAGER = Entry("trainer", "ours"), Entry("PyTorch", "pytorch")
FLAGS = (("channels_last",), ("fused",), ("channels_last", "fused"), ("compile",))
EVERYTHING = ("compile", "channels_last", "fused")


def main() -> None:
    """Measure the workloads of the command line; print and save the table."""
    options = parse()
    described = describe_machine(options)
    results = []
    for name in options.workloads:
        print(f"{name} ...", flush=True)
        results.append(run(WORKLOADS[name], options))
        data = {"threads": options.threads, "rounds": options.rounds, "results": results}
        # Save after each workload, so that long measurements are not lost.
        save("training", "Training steps", report(results, 1e9 * described[PEAK], options.threads), data, described)


def parse() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__.partition("\n")[0])
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"of {', '.join(WORKLOADS)}; default: all")
    add_options(parser)
    options = parser.parse_args()
    for name in options.workloads:
        if name not in WORKLOADS:
            parser.error(f"no workload {name!r}; choose from {', '.join(WORKLOADS)}")
    options.workloads = options.workloads or list(WORKLOADS)
    return settle(options)


def run(workload: Workload, options: argparse.Namespace) -> dict[str, Any]:
    """Check all contestants on one workload, then measure them."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        job = write_job(workload, folder)
        started = start(entries(job), folder, options.threads)
        errors = {each.label: each.ask("check")["value"] for each in started if each.entry is not OURS}
        for label, error in errors.items():
            if not error < TOLERANCE:
                raise ContestantError(f"{workload.name}: a gradient of {label} differs from ours by {error:.1e}")
        running = {each.label: each.entry for each in started}
        results = measure(started, options.rounds, options.slot)
        for each in results:
            each.gradient_error = errors.get(each.label)
            each.memory = peak_memory(running[each.label], folder, options.threads, 2 if options.quick else 10)
    return {"workload": asdict(workload), "flops": job["flops"], "contestants": [asdict(each) for each in results]}


def entries(job: dict[str, Any]) -> list[Entry]:
    """Return all contestants that can do this job on this machine; print which cannot."""
    found = [OURS]
    if find_spec("torch"):
        found.append(EAGER)
        images = any(len(shape) == 3 for node in job["nodes"][2:] for shape in node["shapes"])
        flags = [*FLAGS, EVERYTHING] if images else [("fused",), ("compile",), ("compile", "fused")]
        if not (shutil.which("g++") or shutil.which("clang++") or shutil.which("cl")):
            print("skipped: PyTorch compile: no C++ compiler")
            flags = [each for each in flags if "compile" not in each]
        if not job["workload"]["training"]:
            flags = [each for each in flags if "fused" not in each] + [("compile", "channels_last")]
        found += [Entry("PyTorch " + " ".join(each), "pytorch", each) for each in flags]
    else:
        print("skipped: PyTorch: not installed")
    return found + others(job)


def others(job: dict[str, Any]) -> list[Entry]:
    """Return JAX and scikit-learn, if they are installed and fit the network."""
    found = []
    if find_spec("jax"):
        found.append(Entry("JAX", "jax_numpy"))
    else:
        print("skipped: JAX: not installed")
    if not find_spec("sklearn"):
        print("skipped: scikit-learn: not installed")
    else:
        from benchmarks.contestants.scikit_learn import fits

        if fits(job):
            found.append(Entry("scikit-learn", "scikit_learn"))
    return found


HEADER = ("workload", "contestant", "ms/step", "÷ PyTorch", "÷ its best", "GFLOP/s", "of peak", "memory MB", "n")


def report(results: Sequence[dict[str, Any]], peak: float, threads: int) -> str:
    """Return the table of all workloads and contestants."""
    rows = []
    for result in results:
        contestants = [Samples(**each) for each in result["contestants"]]
        eager = next((each for each in contestants if each.label == EAGER.label), None)
        modes = [each for each in contestants if each.label.startswith("PyTorch")]
        best = min(modes, key=lambda mode: mode.median, default=None)
        for each in contestants:
            speed = result["flops"] / each.median
            rows.append(
                (
                    result["workload"]["name"],
                    each.label,
                    number(1e3 * each.median, 3),
                    number(eager and each.over(eager)),
                    number(best and each.over(best)),
                    number(speed / 1e9, 1),
                    number(100 * speed / peak, 0) + " %",
                    number(each.memory and each.memory / 2**20, 0),
                    each.count,
                )
            )
    notes = (
        f"{threads} threads or worker processes each. Matrix products reach {peak / 1e9:.0f} GFLOP/s. GFLOP/s counts "
        "multiplications and additions as written down, so an algorithm that needs fewer can pass the peak. Memory: "
        "the largest PSS of all processes of a contestant that runs alone. n: samples in the median; those that other "
        "programs disturbed do not count where there are better ones. Ratios are medians over turns."
    )
    return f"{table(HEADER, rows, names=2)}\n\n{notes}"


if __name__ == "__main__":
    main()
