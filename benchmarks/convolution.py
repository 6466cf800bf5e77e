"""One convolution: naive loops, im2col, our layer and PyTorch.

    python -m benchmarks.convolution [--rounds 9] [--threads 1] [--quick]

The first case is the textbooks': 3×3, 1 → 16 channels, one image of 1×3×3, a hundred times. Only here do the loops take
part. Outputs are compared first. By default all run in one thread.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contestants.one_convolution import operands
from benchmarks.heading import describe_machine
from benchmarks.interleave import ContestantError, Entry, Samples, measure, start
from benchmarks.options import add_options, settle
from benchmarks.tables import number, save, table
from trainer.models.kernels.reference import conv2d_im2col

TOLERANCE = 1e-5
HEADER = ("case", "contestant", "ms", "÷ PyTorch", "GFLOP/s", "n")


@dataclass(frozen=True)
class Case:
    """A convolution of `batch` square images, repeated `times` for one figure."""

    name: str
    batch: int
    channels: int
    size: int
    out_channels: int
    kernel: int
    stride: int = 1
    padding: int = 0
    times: int = 1


CASES = (
    Case("textbook: 3×3, 1→16 on 1×1×3×3, 100 times", 1, 1, 3, 16, 3, padding=1, times=100),
    Case("LeNet-5: 5×5, 6→16 on 64×6×14×14", 64, 6, 14, 16, 5),
    Case("VGG: 3×3, 32→64 on 64×32×14×14", 64, 32, 14, 64, 3, padding=1),
    Case("VGG: 3×3, 32→32 on 64×32×28×28", 64, 32, 28, 32, 3, padding=1),
    Case("ResNet: 3×3, 64→64 on 64×64×7×7", 64, 64, 7, 64, 3, padding=1),
    Case("ResNet: 3×3 stride 2, 16→32 on 64×16×28×28", 64, 16, 28, 32, 3, stride=2, padding=1),
)

NAIVE, IM2COL = Entry("naive loops", "one_convolution", ("naive",)), Entry("im2col", "one_convolution", ("im2col",))
OURS, TORCH = Entry("trainer", "one_convolution", ("ours",)), Entry("PyTorch", "one_convolution", ("torch",))
NO_GRAD = Entry("PyTorch, no gradients wanted", "one_convolution", ("torch", "inference"))
GRADIENTS = (
    Entry("trainer, with gradients", "one_convolution", ("ours", "gradients")),
    Entry("PyTorch, with gradients", "one_convolution", ("torch", "gradients")),
)


def main() -> None:
    """Measure all cases; print and save the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.convolution", description=__doc__.partition("\n")[0])
    add_options(parser)
    parser.set_defaults(threads=1)
    options = settle(parser.parse_args())
    described = describe_machine(options)
    results = [run(case, options) for case in CASES]
    data = {"threads": options.threads, "rounds": options.rounds, "results": results}
    save("convolution", "One convolution", report(results), data, described)


def run(case: Case, options: argparse.Namespace) -> dict[str, Any]:
    """Check all contestants on one case, then measure them."""
    print(f"{case.name} ...", flush=True)
    entries = (IM2COL, OURS, TORCH, NO_GRAD, *GRADIENTS)
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        job = {"case": asdict(case)}
        (folder / "job.json").write_text(json.dumps(job))
        x, weight, bias = operands(job["case"])
        np.save(folder / "output.npy", conv2d_im2col(x, weight, bias, case.stride, case.padding))
        started = start((NAIVE, *entries) if case is CASES[0] else entries, folder, options.threads)
        for each in started:
            if not (error := each.ask("check")["value"]) < TOLERANCE:
                raise ContestantError(f"{case.name}: the output of {each.label} is wrong by {error:.1e}")
        results = measure(started, options.rounds, options.slot)
    return {"case": asdict(case), "contestants": [asdict(each) for each in results]}


def report(results: Sequence[dict[str, Any]]) -> str:
    """Return the table of all cases."""
    rows = []
    for result in results:
        case = Case(**result["case"])
        contestants = {each["label"]: Samples(**each) for each in result["contestants"]}
        outputs = (case.size + 2 * case.padding - case.kernel) // case.stride + 1
        macs = case.batch * case.channels * case.out_channels * case.kernel**2 * outputs**2
        for label, each in contestants.items():
            gradients = label.endswith("with gradients")
            reference = contestants.get((GRADIENTS[1] if gradients else TORCH).label)
            ratio = each.over(reference) if reference else None
            speed = 2 * macs * (3 if gradients else 1) / each.median / 1e9
            milliseconds = 1e3 * case.times * each.median
            rows.append((case.name, label, number(milliseconds, 3), number(ratio), number(speed, 1), each.count))
    return table(HEADER, rows, names=2)


if __name__ == "__main__":
    main()
