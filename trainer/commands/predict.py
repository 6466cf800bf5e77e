"""`trainer predict RUN ...`: predictions for pictures, arrays and the rows of a table, or the rest of a text."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from trainer.commands import command, predict_arrays, predict_rows, predict_text
from trainer.commands.augment import add_augment
from trainer.datasets import Table, Text
from trainer.ground.errors import ConfigError
from trainer.runs.network import Network, load

ARRAYS, ROWS, TEXT = "pictures and arrays", "tables", "texts"
OPTIONS = {
    "files": (ARRAYS, ROWS),
    "csv": (ARRAYS, ROWS),
    "invert": (ARRAYS,),
    "augment": (ARRAYS,),
    "save_inputs": (ARRAYS,),
    "probabilities": (ROWS,),
    "prompt": (TEXT,),
    "length": (TEXT,),
    "temperature": (TEXT,),
    "seed": (TEXT,),
}
"""The kinds of data that each option is for."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 1 even if only some of the files could not be read."""
    parser = command.Parser("predict")
    parser.add_run()
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        help="picture, folder of pictures, or .npz or .npy with examples (N, C, H, W); for a run on a table: a table",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table or text")
    pictures = parser.add_argument_group("pictures and arrays")
    pictures.add_argument(
        "--invert",
        action="store_true",
        help="swap light and dark: for dark digits on paper and a network trained on light ones",
    )
    add_augment(pictures, "the mean of the predictions")
    pictures.add_argument("--save-inputs", metavar="DIR", type=Path, help="write the pictures as the network sees them")
    tables = parser.add_argument_group("tables, which are written with the predictions as NAME.predicted.csv")
    tables.add_argument("--csv", metavar="FILE", type=Path, help="write there; of pictures, the probabilities as well")
    tables.add_argument("--probabilities", action="store_true", help="append the probability of each class")
    texts = parser.add_argument_group("texts")
    texts.add_argument("--prompt", metavar="TEXT", help="continue this text")
    texts.add_argument("--length", metavar="N", type=command.positive, help="this many characters; default: 500")
    texts.add_argument(
        "--temperature", metavar="T", type=_temperature, help="0: always the likeliest; 1: as predicted; default: 0.8"
    )
    texts.add_argument("--seed", metavar="N", type=int, help="of the characters drawn; default: 0")
    return command.execute(parser, _run, arguments)


def _run(options: argparse.Namespace) -> int:
    network = load(options.run, options.allow)
    kind = {Table: ROWS, Text: TEXT}.get(type(network.dataset), ARRAYS)
    _check(network, kind, options)
    if kind == TEXT:
        return predict_text.predict(network, options)
    return (predict_rows if kind == ROWS else predict_arrays).predict(network, options)


def _check(network: Network, kind: str, options: argparse.Namespace) -> None:
    """Raise ConfigError for an option that does not suit the run's kind of data, or is missing."""
    missing = "--prompt TEXT" if kind == TEXT else "a FILE"
    for name, kinds in OPTIONS.items():
        given = getattr(options, name)
        if given is not None and given is not False and given != [] and kind not in kinds:
            flag = "FILE" if name == "files" else f"--{name.replace('_', '-')}"
            raise ConfigError(f"{flag} is for {' and '.join(kinds)}, but {network.path} was trained on {kind}")
    if not options.files and options.prompt is None:
        raise ConfigError(f"{network.path} was trained on {kind}; give {missing}")


def _temperature(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number of at least 0")
    return value
