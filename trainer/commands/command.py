"""What the commands beside `python -m trainer` share: arguments, errors in one line, tables."""

import argparse
import os
import sys
from collections.abc import Callable, Collection, Sequence
from typing import NoReturn

from trainer.commands import errors

LONGEST_ERROR = 1000


class Parser(argparse.ArgumentParser):
    """Reports a wrong argument in one line. Every command takes a run, and `--allow`."""

    def __init__(self, name: str, description: str) -> None:
        super().__init__(f"python -m trainer.{name}", description=description, allow_abbrev=False)
        self.add_argument("run", metavar="RUN", help="run directory (its best weights, else the last) or checkpoint")
        self.add_argument(
            "--allow",
            metavar="PKG",
            action="append",
            default=[],
            help="package of your own whose classes the run may name; may be repeated",
        )

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {printable(message)}; see --help\n")


def execute(parser: Parser, work: Callable[[argparse.Namespace], int | None], arguments: Sequence[str] | None) -> int:
    """Do `work` as the arguments (by default those of the command line) say; returns the exit code."""
    options = parser.parse_args(arguments)
    try:
        code = work(options)
        sys.stdout.flush()
        return code or 0
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except errors.USER_ERRORS as error:
        if os.environ.get("HYDRA_FULL_ERROR") == "1":
            raise
        complain(errors.explain(error))
        return errors.exit_code(error)


def positive(text: str) -> int:
    """An argument that counts something."""
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not an integer of at least 1")
    return int(text)


def complain(message: str) -> None:
    """One line on stderr."""
    print(f"error: {printable(message)[:LONGEST_ERROR]}", file=sys.stderr)


def printable(text: str) -> str:
    """`text` without what could command a terminal: names of files and classes may come from strangers."""
    return "".join(character if character.isprintable() else "�" for character in text)


def table(rows: Sequence[Sequence[str]], left: Collection[int] = (0,)) -> str:
    """Rows of one length as aligned columns: those numbered in `left` to the left, the others to the right."""
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
