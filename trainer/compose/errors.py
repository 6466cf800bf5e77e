"""Every mistake a user can make, as one line and an exit code."""

import os
import re
import traceback
from collections.abc import Sequence
from pathlib import Path
from signal import SIGINT

import yaml

from trainer.compose import hydra_errors
from trainer.compose.locate import line_of, override_in, override_of, shown
from trainer.ground import console, signals
from trainer.ground.errors import ConfigError, GraphError, UserError
from trainer.ground.overrides import parts, unquoted
from trainer.ground.text import printable

CONFIGURATION = (ConfigError, GraphError, *hydra_errors.ERRORS, yaml.YAMLError)
USER_ERRORS = (UserError, *CONFIGURATION, OSError, MemoryError, KeyboardInterrupt)

WANTS_TRACEBACK = os.environ.get("HYDRA_FULL_ERROR") == "1"


def exit_code(error: BaseException) -> int:
    """Return 2 for a wrong configuration, 128 + its number for a signal (as shells do), 1 for all else."""
    if isinstance(error, KeyboardInterrupt):
        return 128 + getattr(error, "signal", SIGINT)
    if isinstance(error, UserError):
        return error.exit_code
    return 2 if isinstance(error, CONFIGURATION) else 1


def tell(error: BaseException, overrides: Sequence[str] = (), folders: Sequence[Path] = ()) -> int:
    """Write one of USER_ERRORS to stderr, as one line and on demand its traceback, and return the exit code.

    Arguments as in `explain`.
    """
    if WANTS_TRACEBACK:
        traceback.print_exception(error)
    error = signals.cause(error)
    console.tell(f"error: {explain(error, overrides, folders)}")
    return exit_code(error)


def explain(error: BaseException, overrides: Sequence[str] = (), folders: Sequence[Path] = ()) -> str:
    """Return one of USER_ERRORS as one line: where, what, remedy.

    Args:
        error: What was raised.
        overrides: The overrides of the command line, which may be the place.
        folders: The folders of the user's own configurations, which may hold the place.
    """
    match error:
        case UserError():
            place = error.place or _place(error.key, error.message, overrides, folders)
            line = (f"{place}: " if place else "") + (error.message or type(error).__name__)
        case Exception() if isinstance(error, hydra_errors.ERRORS):
            line = hydra_errors.explain(error, overrides, folders)
        case yaml.MarkedYAMLError(problem_mark=mark) if mark:
            line = f"{shown(Path(mark.name))}:{mark.line + 1}: {error.problem}{_quotes(mark)}"
        case KeyboardInterrupt():
            line = str(error) or "interrupted"
        case MemoryError():
            line = "out of memory; reduce batch_size or the model" + (f" ({error})" if str(error) else "")
        case OSError(strerror=str(reason), filename=name):
            line = f"{name}: {reason}" if name is not None else reason
        case _:
            line = str(error) or type(error).__name__
    return printable(" ".join(line.split()))


def located(error: BaseException, overrides: Sequence[str] = (), folders: Sequence[Path] = ()) -> BaseException:
    """Return one of USER_ERRORS for a program to raise: its text is the line that `explain` returns.

    A UserError gets its place; an error of Hydra, OmegaConf or YAML becomes a ConfigError; others (OSError,
    MemoryError, KeyboardInterrupt) stay as they are. Arguments as in `explain`.
    """
    if isinstance(error, UserError):
        error.place = error.place or _place(error.key, error.message, overrides, folders)
        return error
    return ConfigError(explain(error, overrides, folders)) if isinstance(error, CONFIGURATION) else error


def _place(key: str, message: str, overrides: Sequence[str], folders: Sequence[Path]) -> str:
    """Return where `key` was written: "epochs=0", "configs/data/mnist.yaml:4: data.shape"; empty if there is no key."""
    if not key:
        return ""
    if override := override_of(key, overrides):
        _, name, value = parts(override)
        value = unquoted(value)
        if name != key:
            return f"{override}: {key}"
        # A message that quotes the value needs no second copy of it.
        quoted = message.lstrip("'").startswith(value) and bool(value)
        return key if quoted else override
    inner = override_in(key, overrides)  # the place of a mapping that no file has
    if line := line_of(key, overrides, folders, around=not inner):
        return f"{line}: {key}"
    return inner or key


def _quotes(mark: yaml.Mark) -> str:
    """Return the remedy for the commonest of YAML's syntax errors."""
    line = Path(mark.name).read_text(encoding="utf-8").splitlines()[mark.line :][:1]
    bare = line and re.search(r"\{[^\"']*(\$\{|\?\?\?)", line[0])
    return "; inside braces, ${...} and ??? need quotes" if bare else ""
