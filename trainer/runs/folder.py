"""The directory of a run: the names of its files, and how each run gets its own directory.

A sweep has a directory too, with `RECORD`, its tables, and a run's directory for each of its jobs.
"""

import json
import shlex
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

from trainer.ground.errors import ConfigError
from trainer.ground.files import replacing

CHECKPOINTS = "checkpoints"
LAST, BEST = f"{CHECKPOINTS}/last.safetensors", f"{CHECKPOINTS}/best.safetensors"
METRICS = "metrics.csv"  # a row for each epoch
LAYER_FIGURES = "layers.csv"  # a row for each epoch and layer: gradients, updates, dead units
CONTINUATIONS = "continuations.jsonl"  # what a network for texts writes after each epoch
PAGE = "report.html"
SHOW = "show.html"  # the page in which the network runs
RESULT = "result.json"  # how it ended, with its figures
LOG = "train.log"
LAYERS = "model.txt"  # the table of its layers
PLOTS = "plots"
SNAPSHOTS = "snapshots"  # the weights of its epochs, where they are kept
DESCRIPTION = ".hydra"  # what it was started with
CONFIG, OVERRIDES, MACHINERY, PRUNING = (
    f"{DESCRIPTION}/{name}" for name in ("config.yaml", "overrides.yaml", "hydra.yaml", "pruning.json")
)
LOCK = ".lock"

RECORD = "multirun.yaml"  # of a sweep: its configuration
TABLE, REPORT = "summary.csv", "summary.md"  # of a sweep


def claim(path: Path, exclusive: bool = True, option: str = "hydra.run.dir") -> Path:
    """Create and return `path`, or the first free one of `path-2`, `path-3`, ...: atomic, so never shared.

    Not exclusive, `path` is taken also where it exists. Raises OSError, or ConfigError for a name that Hydra cannot
    work in, with the remedy: to set `option`.
    """
    if "${" in str(path.absolute()):
        remedy = f"choose another directory with {option}=DIR"
        raise ConfigError(f"{path.absolute()}: Hydra replaces ${{...}} in names; {remedy}", option)
    for number in count(1):
        free = path if number == 1 else path.with_name(f"{path.name}-{number}")
        try:
            free.mkdir(parents=True, exist_ok=not exclusive)
            return free
        except FileExistsError as error:
            if not free.is_dir():
                raise _elsewhere(error, option) from None
        except OSError as error:
            raise _elsewhere(error, option) from None
    raise AssertionError("unreachable")


def _elsewhere(error: OSError, option: str) -> OSError:
    return OSError(error.errno, f"{error.strerror}; choose another directory with {option}=DIR", error.filename)


def record(directory: Path, status: str, error: str | None = None) -> None:
    """Write a result for a run that ended before it wrote its own; never overwrite one.

    If it cannot be written, as on a full disk or in a removed directory, there is none: the failure has been reported
    already, and for a sweep a job without a result is not done.
    """
    if not (directory / RESULT).exists():
        with suppress(OSError), replacing(directory / RESULT) as path:
            path.write_text(json.dumps({"status": status, "error": error}, indent=2) + "\n", encoding="utf-8")


def refuse_links(directory: Path) -> None:
    """Refuse to resume in a directory with links, which may be a stranger's: the run would write where they lead.

    Raises:
        ConfigError: Names the first link.
    """
    for folder in (directory, *(directory / name for name in (CHECKPOINTS, PLOTS, DESCRIPTION))):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            _refuse_link(path)


def pictures(directory: Path) -> Path:
    """Return the folder of the pictures of a run or a sweep, which may be a stranger's.

    Raises:
        ConfigError: It is a link: the pictures would land, and replace others, where it leads.
    """
    _refuse_link(directory / PLOTS)
    return directory / PLOTS


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        remedy = "replace it by what it leads to"
        raise ConfigError(f"{path} is a link, and a run writes into its own directory only; {remedy}")


def resume_command(directory: Path, overrides: Sequence[str] = ()) -> str:
    """Return the command that resumes a run or a sweep, ready for a shell."""
    return shlex.join(["trainer", "resume", str(directory), *overrides])
