"""Errors that a user can cause and fix: one base class, and a class for each kind of mistake.

The message says in one line what is wrong and what to do. The command line or `trainer.api` catches the error and finds
out where its key was written: see `trainer.compose.errors`.
"""

from typing import Any, ClassVar

LEFT = "your own code called sys.exit; let it return, or raise an exception"


class UserError(Exception):
    """A mistake of the user, or a fault of their data or machine, but not of the program.

    Its text is one line: the place, where it is known, and the message.

    Attributes:
        message: What is wrong and the remedy, without the place.
        key: Dotted key of the configuration that is at fault; empty: none.
        place: Where that was written, as "epochs=0" or "configs/model/lenet5.yaml:6: model.layers.conv1"; empty: not
            known yet.
        exit_code: The exit code of a command that it ends.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str = "", key: str = "", place: str = "") -> None:
        super().__init__(message)
        self.message, self.key, self.place = message, key, place

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class ConfigError(UserError):
    """A mistake in the configuration."""

    exit_code = 2


class ForeignError(ConfigError):
    """A class of a package that the user did not allow.

    `advised` gives it another remedy, where packages are not allowed by an override.
    """

    def __init__(self, problem: str, package: str, key: str) -> None:
        super().__init__(f"{problem}; trust another package with allow=[{package}] on the command line", key)
        self.problem, self.package = problem, package

    def advised(self, remedy: str) -> "ForeignError":
        """Return the error itself, with a remedy in which {} is replaced by the package."""
        self.message = f"{self.problem}; trust another package with {remedy.format(self.package)}"
        return self

    def __reduce__(self) -> Any:
        return ForeignError, (self.problem, self.package, self.key), vars(self)


class GraphError(UserError):
    """A network that cannot be built or computed, because shapes, wiring, names or a layer's results do not fit.

    Args:
        problem: What does not fit, with the shapes at fault.
        remedy: What to do about it.
        key: Where the layer is declared. Layers leave it out: the builder sets it, and puts the origin of the input
            between problem and remedy.
    """

    exit_code = 2

    def __init__(self, problem: str, remedy: str = "", key: str = "") -> None:
        super().__init__("; ".join(filter(None, (problem, remedy))), key)
        self.problem, self.remedy = problem, remedy

    def __str__(self) -> str:
        place = self.place or self.key
        return f"{place}: {self.message}" if place else self.message


class DataError(UserError):
    """Data that cannot be used; names the file or option."""


class CheckpointError(UserError):
    """A file that is not a whole checkpoint, does not fit, or cannot be written; names the file."""


class TrainingError(UserError):
    """Training cannot continue; says at which step."""


class WorkerError(UserError):
    """A worker process failed or was killed."""


class GradientError(UserError):
    """A gradient is not the derivative of the loss; says which, with both values."""


class ExportError(UserError):
    """A network that cannot be written in the format that was asked for."""


class LimitError(UserError):
    """The system gives no more memory, threads or processes."""


def limited(error: BaseException) -> LimitError | None:
    """Return the LimitError for an ImportError or RuntimeError that a limit of the system caused; else None.

    Python raises these, not OSError, if a library cannot be mapped into memory or a thread cannot be started.
    """
    text = " ".join(str(error).split())
    signs = ("failed to map segment", "Cannot allocate memory", "can't start new thread")
    if not isinstance(error, ImportError | RuntimeError) or not any(sign in text for sign in signs):
        return None
    return LimitError(f"the system gives no more memory or threads: {text[-200:]}; raise its limits, see ulimit -a")
