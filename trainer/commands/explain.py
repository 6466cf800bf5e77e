"""`trainer explain RUN --example N`: a page that follows one example through the network of a run and back."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from trainer.commands import command
from trainer.datasets import Source
from trainer.engine.setup import Setup
from trainer.ground import console
from trainer.ground.values import ConfigError
from trainer.pages import server
from trainer.pages.explain.document import explain_page
from trainer.pages.page import write
from trainer.runs import named
from trainer.runs.network import Network, load

SPLITS = ("test", "validation", "train")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = command.Parser("explain")
    parser.add_run()
    parser.add_argument("--example", metavar="N", type=_index, default=0, help="number of the example; default: 0")
    parser.add_argument("--split", choices=SPLITS, help="default: test, or validation or train where there is none")
    parser.add_argument("--to", metavar="FILE", type=Path, help="where to write; default: in the run's directory")
    parser.add_argument("--open", action="store_true", help="open it in the browser")
    return command.execute(parser, _run, arguments)


def _run(options: argparse.Namespace) -> None:
    network = load(options.run, options.allow)
    split, source = _examples(network, options.split)
    if options.example >= len(source):
        raise ConfigError(f"--example {options.example}: the {split} has {len(source):,} examples, counted from 0")
    folder = network.path.parent.parent
    title = f"{named.name(folder, network.config)}: {split} example {options.example}"
    title += f", {place}" if (place := source.place(options.example)) else ""
    path = options.to or folder / f"explain-{split}-{options.example}.html"
    with command.advised("name a file elsewhere with --to FILE"):
        write(path, explain_page(network, source, options.example, title), named=bool(options.to))
    console.say(command.printable(str(path)))
    if options.open:
        server.show(path.absolute().as_uri())


def _examples(network: Network, wanted: str | None) -> tuple[str, Source]:
    """Return a split and its examples. Raises ConfigError if it has none."""
    splits = Setup(network.config).splits()
    for split in (wanted,) if wanted else SPLITS:
        if len(source := getattr(splits, split)):
            return split, source
    raise ConfigError(f"the split '{wanted}' has no examples; choose another with --split")


def _index(text: str) -> int:
    if not text.isdecimal() or len(text) > 12:
        raise argparse.ArgumentTypeError(f"{text} is not a number of an example: 0, 1, 2, ...")
    return int(text)
