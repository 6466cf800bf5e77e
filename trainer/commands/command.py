"""What the verbs share: arguments, errors in one line, tables."""

import argparse
import os
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from trainer.commands.verbs import RUN, VERBS
from trainer.ground import console, signals, text
from trainer.ground.errors import LEFT, ConfigError, ForeignError, UserError, limited
from trainer.ground.text import printable as printable
from trainer.ground.values import nearest

if TYPE_CHECKING:
    from trainer.pages.server import Route

LONGEST_ERROR = 1000
QUIET = "show warnings and errors only; train.log and the other files have the rest"
ALLOW = "your own package whose classes the run may name; may be repeated"


class Parser(argparse.ArgumentParser):
    """An argument parser with one style of help for all verbs, and errors of one line.

    Args:
        verb: A key of `VERBS`, which describes it; None: the program itself.
        arguments: What the usage shows instead of argparse's own list.
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
        self.add_allow()

    def add_allow(self) -> None:
        """Take `--allow`."""
        self.add_argument("--allow", metavar="PKG", action="append", default=[], help=ALLOW)

    def add_quiet(self) -> None:
        """Take `--quiet`."""
        self.add_argument("--quiet", "-q", action="store_true", help=QUIET)

    def error(self, message: str) -> NoReturn:
        line = unknown_option(message, self._option_string_actions) or f"{message}; see {self.prog} --help"
        self.exit(2, f"error: {printable(line)}\n")


def unknown_option(message: str, options: Iterable[str]) -> str | None:
    """Return a line that names the option that was probably meant, as --quiet by --quite.

    Args:
        message: What argparse says.
        options: All that there are; those of a single letter are never suggested.

    Returns:
        None if the message is about something else, or no option is similar.
    """
    unknown = re.match("unrecognized arguments: (?:[^-].* )?--([^ =]+)", message)
    meant = nearest(unknown[1], [name[2:] for name in options if name.startswith("--")]) if unknown else None
    return f"there is no option --{unknown[1]}; did you mean '--{meant}'?" if unknown and meant else None


def execute(parser: Parser, work: Callable[[argparse.Namespace], int | None], arguments: Sequence[str] | None) -> int:
    """Parse the arguments, by default those of the command line, do `work` with them, and return the exit code.

    If the parser takes a run, `work` gets its path, whatever the user called it.
    """
    options = parser.parse_intermixed_args(arguments)
    find_own_code()
    signals.ready()
    try:
        if "run" in options:
            options.run = found(options.run)
        return work(options) or 0
    except BrokenPipeError:
        raise
    except SystemExit as error:
        complain(f"{LEFT} ({error.code})")
        return 1
    except (Exception, KeyboardInterrupt) as error:
        from trainer.compose import errors  # only now: it imports Hydra

        if isinstance(error, ForeignError):
            error.advised("--allow {}")
        if isinstance(error, UserError) and "run" in options:
            error.place = error.place or error.key  # of the run's own configuration, which is in none of our files
        error = limited(error) or signals.cause(error)
        if os.environ.get("HYDRA_FULL_ERROR") == "1" or not isinstance(error, errors.USER_ERRORS):
            raise
        complain(errors.explain(error))
        return errors.exit_code(error)


def found(run: str) -> Path:
    """Return the path of a run, and show it if the user wrote something else."""
    from trainer.runs.find import find

    path = find(run)
    if path != Path(run):
        console.tell(f"{printable(run)} is {printable(str(path))}")
    return path


def serve(routes: "Mapping[str, Route]", options: argparse.Namespace, what: str) -> None:
    """Serve a page until Ctrl-C, at the `port` of the options, and show it in the browser if they say `open`.

    Args:
        routes: What answers, by path.
        options: Port, or None for any that is free; and open.
        what: What the page does, for the line with its address: "shows outputs/...".

    Raises:
        ConfigError: The port is taken.
    """
    from trainer.pages import server

    try:
        served = server.server(routes, options.port or 0)
    except OSError as error:
        raise ConfigError(f"--port {options.port}: {error.strerror}; choose another, or leave it out") from None
    url = server.address(served)
    console.say(f"{url} {printable(what)}; Ctrl-C ends it")
    if options.open:
        server.show(url)
    server.serve(served)


def find_own_code(folders: Sequence[Path] = ()) -> None:
    """Make a user's own packages importable: from the current folder, from `folders` and from beside them.

    They come last in the search path, so they never hide another package.
    """
    own = [place for folder in folders for place in (folder, folder.parent)]
    for folder in (Path.cwd(), *own):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))


def positive(text: str) -> int:
    """Return an argument as an integer of at least 1."""
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not an integer of at least 1")
    return int(text)


def port(text: str) -> int:
    """Return an argument as the number of a port to listen at."""
    if not text.isdecimal() or len(text) > 5 or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not the number of a port: 1, ..., 65535")
    return int(text)


@contextmanager
def advised(remedy: str) -> Iterator[None]:
    """Append the remedy to an error of writing in the block, e.g. to a full disk or a folder of someone else."""
    try:
        yield
    except OSError as error:
        if error.strerror is None:
            raise
        raise OSError(error.errno, f"{error.strerror}; {remedy}", error.filename) from error


def complain(message: str) -> None:
    """Write one line to stderr, as an error."""
    console.tell(f"error: {printable(message)[:LONGEST_ERROR]}")


def table(rows: Sequence[Sequence[str]], left: Collection[int] = (0,)) -> str:
    """Return a table as `trainer.ground.text.table` makes it; the cells may come from strangers."""
    return text.table([[printable(cell) for cell in row] for row in rows], left)
