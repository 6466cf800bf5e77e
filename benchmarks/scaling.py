"""Cost against batch size, width, depth, number of examples and workers, for ours and PyTorch, with a plot of each.

    python -m benchmarks.scaling [SWEEP ...] [--rounds 9] [--threads N] [--quick]

The plots are outputs/benchmarks/scaling_SWEEP.png.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.heading import describe_machine
from benchmarks.interleave import Samples, measure, start
from benchmarks.jobs import Workload, write_job
from benchmarks.options import add_options, settle
from benchmarks.tables import FOLDER, number, save, table
from benchmarks.training import EAGER, MLP, OURS
from trainer.views.style import TRAIN, VALIDATION, new_figure, style_axes
from trainer.views.style import save as save_figure

COLOURS = {OURS.label: VALIDATION, EAGER.label: TRAIN}
HEADER = ("sweep", "value", "trainer ms/step", "PyTorch ms/step", "÷ PyTorch", "n")
BATCH = 64
THREADS = "workers or threads"


@dataclass(frozen=True)
class Sweep:
    """One axis: `workload` gives the workload of a value, `quantity` turns seconds per step into the plotted figure."""

    title: str
    axis: str
    values: tuple[int, ...]
    workload: Callable[[int], Workload]
    unit: str = "ms per step"
    quantity: Callable[[float, int], float] = lambda seconds, value: 1e3 * seconds


SWEEPS = {
    "batch": Sweep(
        "LeNet-5: batch size",
        "images in a batch",
        (1, 4, 16, 64, 256, 1024),
        lambda size: Workload(f"batch {size}", ("model=lenet5_plain",), size),
    ),
    "width": Sweep(
        "784-W-W-10: width",
        "units of both hidden layers, W",
        (32, 64, 128, 256, 512, 1024),
        lambda width: Workload(
            f"width {width}",
            (*MLP, f"model.layers.fc1.out_features={width}", f"model.layers.fc2.out_features={width}"),
            BATCH,
        ),
    ),
    "depth": Sweep(
        "ResNet: depth",
        "layers",
        (14, 20, 26, 32),
        lambda layers: Workload(f"depth {layers}", resnet(layers), BATCH),
    ),
    "samples": Sweep(
        "LeNet-5: size of the training set",
        "training images",
        (1024, 4096, 16384, 65536),
        lambda count: Workload(f"samples {count}", ("model=lenet5",), BATCH, examples=count),
        "seconds per epoch",
        lambda seconds, count: seconds * count / BATCH,
    ),
    "workers": Sweep(
        "Small VGG: cores",
        THREADS,
        tuple(range(1, machine.cores() + 1)),
        lambda workers: Workload(f"workers {workers}", ("model=vgg_small", f"parallel.workers={workers}"), BATCH),
    ),
}


def resnet(layers: int) -> tuple[str, ...]:
    """Return the overrides of a residual network of 6n + 2 layers, n at least 2."""
    blocks = (layers - 2) // 6
    later = (f"model.layers.stage{stage}.times={blocks - 1}" for stage in (2, 3))  # their first block halves
    return ("model=resnet20", f"model.layers.stage1.times={blocks}", *later)


def main() -> None:
    """Measure the sweeps of the command line; print, plot and save."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__.partition("\n")[0])
    parser.add_argument("sweeps", nargs="*", metavar="SWEEP", help=f"of {', '.join(SWEEPS)}; default: all")
    add_options(parser)
    options = parser.parse_args()
    for name in options.sweeps:
        if name not in SWEEPS:
            parser.error(f"no sweep {name!r}; choose from {', '.join(SWEEPS)}")
    described = describe_machine(settle(options))
    results = {name: run(name, options) for name in options.sweeps or SWEEPS}
    data = {"threads": options.threads, "rounds": options.rounds, "results": results}
    save("scaling", "Scaling", report(results), data, described)
    for name, points in results.items():
        plot(name, points)


def run(name: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure ours and PyTorch at every value of a sweep."""
    sweep, points = SWEEPS[name], []
    for value in sweep.values[:2] if options.quick else sweep.values:
        print(f"{name} {value} ...", flush=True)
        threads = value if sweep.axis == THREADS else options.threads
        with tempfile.TemporaryDirectory() as directory:
            folder = Path(directory)
            write_job(sweep.workload(value), folder)
            samples = measure(start((OURS, EAGER), folder, threads), options.rounds, options.slot)
        points.append({"value": value, "contestants": [asdict(each) for each in samples]})
    return points


def report(results: dict[str, Sequence[dict[str, Any]]]) -> str:
    """Return the table of all sweeps."""
    rows = []
    for name, points in results.items():
        for point in points:
            found = {each["label"]: Samples(**each) for each in point["contestants"]}
            ours, torch = found[OURS.label], found.get(EAGER.label)
            theirs = torch.median if torch else None
            figures = (number(1e3 * ours.median, 3), number(theirs and 1e3 * theirs, 3))
            rows.append((name, point["value"], *figures, number(torch and ours.over(torch)), ours.count))
    return table(HEADER, rows)


def plot(name: str, points: Sequence[dict[str, Any]]) -> None:
    """Draw a sweep with logarithmic axes, where proportional cost is a straight line."""
    from matplotlib.ticker import LogLocator

    sweep = SWEEPS[name]
    figure = new_figure(6, 4)
    axes = figure.add_subplot()
    for label, colour in COLOURS.items():
        found = [
            (point["value"], sweep.quantity(Samples(**each).median, point["value"]))
            for point in points
            for each in point["contestants"]
            if each["label"] == label
        ]
        if found:
            axes.plot(*zip(*found, strict=True), color=colour, marker="o", markersize=4, linewidth=1.6, label=label)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    values = [point["value"] for point in points]
    axes.set_xticks(values, map(str, values))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.set_ylim(bottom=axes.get_ylim()[0] / 1.5)
    axes.set_xlabel(sweep.axis)
    axes.set_ylabel(sweep.unit)
    axes.legend(frameon=False, fontsize=9)
    style_axes(axes, sweep.title)
    save_figure(figure, FOLDER / f"scaling_{name}.png")


if __name__ == "__main__":
    main()
