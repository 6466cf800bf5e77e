"""`trainer verify A B`: whether two runs, or two checkpoints, are the same to the last bit."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from trainer.commands import command
from trainer.commands.verbs import RUN
from trainer.ground import console
from trainer.ground.values import ConfigError
from trainer.runs import checkpoint, difference
from trainer.runs.catalog import entry
from trainer.runs.find import find
from trainer.runs.folder import BEST, LAST
from trainer.runs.trust import find_checkpoint


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 0 if they are equal, 1 if not."""
    parser = command.Parser("verify")
    parser.add_argument("one", metavar="RUN", help=RUN)
    parser.add_argument("other", metavar="RUN", help="the run or checkpoint to compare it with")
    return command.execute(parser, _run, arguments)


def _run(options: argparse.Namespace) -> int:
    one, other = find(options.one), find(options.other)
    equal = True
    for paths in _pairs(one, other):
        first, second = (checkpoint.read(path).tensors for path in paths)
        found = difference.first_difference(first, second)
        for path, tensors in zip(paths, (first, second), strict=True):
            console.say(command.printable(str(path)))
            console.say(f"  {difference.digest(tensors)}")  # below it: beside each other they are too wide
        if found:
            differing, total = found.tensors
            console.say(command.printable(f"{differing} of {total} tensors differ; {found.name} {found.what}"))
        else:
            console.say(f"all {len(first)} tensors are equal")
        equal = equal and not found
    if one.is_dir() and other.is_dir():
        rows, others = entry(one).history, entry(other).history
        row = difference.first_row(rows, others)
        alike = "all figures of all epochs are equal, except for times" if rows else "neither has figures of an epoch"
        console.say(command.printable(row or alike))
        equal = equal and not row
    return 0 if equal else 1


def _pairs(one: Path, other: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the files to compare: of two directories the last weights and the best; else the weights that they name.

    Raises:
        ConfigError: Neither is in both directories.
    """
    if not (one.is_dir() and other.is_dir()):
        yield find_checkpoint(one), find_checkpoint(other)
        return
    common = [name for name in (LAST, BEST) if (one / name).is_file() and (other / name).is_file()]
    if not common:
        raise ConfigError(f"{one} and {other}: have no checkpoint in common; give two runs, or two .safetensors files")
    yield from ((one / name, other / name) for name in common)
