"""What the verbs share: arguments, errors in one line, tables."""

import argparse
import os
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import NoReturn

from trainer.commands.verbs import RUN, VERBS
from trainer.ground import console, signals, text
from trainer.ground.errors import limited
from trainer.ground.text import printable as printable

LONGEST_ERROR = 1000


class Parser(argparse.ArgumentParser):
    """Help in one style for all verbs, and a wrong argument in one line.

    Args:
        verb: a key of `VERBS`, which describes it; None: the program itself.
        arguments: instead of those that argparse would show in the usage.
    """

    def __init__(self, verb: str | None, arguments: str | None = None) -> None:
        program = f"trainer {verb}" if verb else "trainer"
        does = VERBS[verb].does if verb else "train neural networks from a configuration, on an engine written in NumPy"
        if verb and VERBS[verb].task:
            arguments = f"{VERBS[verb].arguments} [--config-dir DIR] [--cfg job]"
        super().__init__(
            program,
            usage=f"{program} {arguments}".rstrip() if arguments is not None else None,
            description=f"{does[0].upper()}{does[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def add_run(self) -> None:
        """Take a run, and `--allow`."""
        self.add_argument("run", metavar="RUN", help=RUN)
        self.add_argument(
            "--allow",
            metavar="PKG",
            action="append",
            default=[],
            help="package of your own whose classes the run may name; may be repeated",
        )

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {printable(message)}; see {self.prog} --help\n")


def execute(parser: Parser, work: Callable[[argparse.Namespace], int | None], arguments: Sequence[str] | None) -> int:
    """Do `work` as the arguments (by default those of the command line) say; returns the exit code.

    Where the parser takes a run, `work` is given its path, whatever the user called it.
    """
    options = parser.parse_args(arguments)
    find_own_code()
    signals.ready()
    try:
        if "run" in options:
            options.run = _found(options.run)
        return work(options) or 0
    except BrokenPipeError:
        raise
    except (Exception, KeyboardInterrupt) as error:
        from trainer.commands import errors  # only now: it imports the engine
        from trainer.compose.targets import ForeignError

        if isinstance(error, ForeignError):
            error.advised("--allow {}")
        error = limited(error) or error
        if os.environ.get("HYDRA_FULL_ERROR") == "1" or not isinstance(error, errors.USER_ERRORS):
            raise
        complain(errors.explain(error))
        return errors.exit_code(error)


def _found(run: str) -> Path:
    """Return the path of a run, which is said where the user did not write it."""
    from trainer.runs.find import find

    path = find(run)
    if path != Path(run):
        console.tell(f"{printable(run)} is {printable(str(path))}")
    return path


def find_own_code(folders: Sequence[Path] = ()) -> None:
    """Make a user's packages importable that lie in the current folder, in those of configurations or beside them.

    They come last, so that they never stand in for another package.
    """
    own = [place for folder in folders for place in (folder, folder.parent)]
    for folder in (Path.cwd(), *own):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))


def positive(text: str) -> int:
    """Return an argument that counts something."""
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not an integer of at least 1")
    return int(text)


def complain(message: str) -> None:
    """One line on stderr."""
    console.tell(f"error: {printable(message)[:LONGEST_ERROR]}")


def table(rows: Sequence[Sequence[str]], left: Collection[int] = (0,)) -> str:
    """Return a table as `trainer.ground.text.table` makes it, of cells that may come from strangers."""
    return text.table([[printable(cell) for cell in row] for row in rows], left)
