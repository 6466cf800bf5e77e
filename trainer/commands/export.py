"""`trainer export RUN --to model.onnx`: the network of a run for other programs."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trainer.commands import command
from trainer.export import export
from trainer.runs.network import load


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = command.Parser("export")
    parser.add_run()
    parser.add_argument(
        "--to",
        metavar="FILE",
        type=Path,
        required=True,
        help="model.onnx, a standard graph; weights.safetensors or weights.npz, the parameters alone",
    )
    parser.add_argument(
        "--preprocessing",
        action="store_true",
        help="the ONNX graph takes uint8 pixels, or the raw numbers of other data, and scales them as in training",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    return command.execute(parser, _run, arguments)


def _run(options: argparse.Namespace) -> None:
    written = export(load(options.run, options.allow), options.to, options.preprocessing)
    print(json.dumps(written) if options.json else command.printable(_line(**written)))


def _line(file: str, **about: Any) -> str:
    if "arrays" in about:
        return f"{file}: {about['arrays']} arrays, {about['values']:,} values of type {about['dtype']}"
    difference = about["difference"]
    checked = (
        "not compared, onnxruntime is not installed"
        if difference is None
        else (f"outputs equal to onnxruntime's within {difference:.1g}")
    )
    columns = f"; its columns are described in {about['columns']}" if "columns" in about else ""
    return f"{file}: opset {about['opset']}, {about['operators']} operators, any batch size; {checked}{columns}"
