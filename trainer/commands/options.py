"""The options of the command line, as opposed to overrides."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import NoReturn

from trainer.commands.command import unknown_option
from trainer.compose import errors
from trainer.ground.errors import ConfigError
from trainer.ground.overrides import with_quotes

OFFERED = ("--quiet", "--like", "--config-dir", "--cfg", "--multirun", "--help", "--version")  # by --help
INFO = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")


class _Parser(ArgumentParser):
    """An argument parser whose errors end the program with one line."""

    def __init__(self) -> None:
        super().__init__(add_help=False, allow_abbrev=False)

    def error(self, problem: str) -> NoReturn:
        """End the program because of an argument that begins with a dash and has no meaning."""
        advised = f"{problem}; options are written KEY=VALUE, without dashes; see --help"
        raise SystemExit(errors.tell(ConfigError(unknown_option(problem, OFFERED) or advised)))


class Given(_Parser):
    """Our own options."""

    def __init__(self) -> None:
        super().__init__()
        self.add_argument("--like")
        self.add_argument("--quiet", "-q", action="store_true")


class Options(_Parser):
    """Hydra's options, except the one that reads pickles."""

    def __init__(self) -> None:
        super().__init__()
        self.add_argument("overrides", nargs="*")
        for names in ("--help -h", "--hydra-help", "--run -r", "--multirun -m", "--resolve", "--shell-completion -sc"):
            self.add_argument(*names.split(), action="store_true")
        for names in ("--config-dir -cd", "--config-name -cn", "--config-path -cp", "--package -p"):
            self.add_argument(*names.split())
        self.add_argument("--cfg", "-c", choices=("job", "hydra", "all"))
        self.add_argument("--info", "-i", nargs="?", choices=INFO)


def readable(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with quotes in overrides where Hydra needs them: see `with_quotes`."""
    overrides = Options().parse_known_intermixed_args(arguments)[0].overrides
    return [with_quotes(argument) if argument in overrides else argument for argument in arguments]


def overrides_first(parser: ArgumentParser, arguments: Sequence[str]) -> list[str]:
    """Return the arguments with all overrides first: Hydra reads them only in one place."""
    overrides = parser.parse_intermixed_args(arguments).overrides
    options = list(arguments)
    for override in overrides:
        options.remove(override)
    return [*overrides, *options]
