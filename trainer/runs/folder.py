"""Every run has a directory of its own, and says there what became of it."""

import json
import shlex
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

from trainer.ground.files import replacing

RECORD = "multirun.yaml"  # in a sweep's directory: its configuration


def claim(path: Path, exclusive: bool = True, option: str = "hydra.run.dir") -> Path:
    """Creates and returns `path`, or the first free one of `path-2`, `path-3`, ...: atomic, so never shared.

    Not exclusive, `path` is taken also where it exists. Raises OSError, with the remedy: to set `option`.
    """
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


def go_on(directory: Path, overrides: Sequence[str] = ()) -> str:
    """Return the command that goes on with a run or a sweep, ready for a shell."""
    return shlex.join(["trainer", "resume", str(directory), *overrides])


def _elsewhere(error: OSError, option: str) -> OSError:
    return OSError(error.errno, f"{error.strerror}; choose another directory with {option}=DIR", error.filename)


def record(directory: Path, status: str, error: str | None = None) -> None:
    """Writes the result of a run that did not come to write one itself. One that is there is left alone."""
    if not (directory / "result.json").exists():
        with replacing(directory / "result.json") as path:
            path.write_text(json.dumps({"status": status, "error": error}, indent=2) + "\n", encoding="utf-8")


def read_result(directory: Path) -> dict[str, Any] | None:
    """What result.json in `directory` holds; None where there is none, or it is damaged."""
    try:
        result = json.loads((directory / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return result if isinstance(result, dict) else None


def workers_of(directory: Path) -> int | None:
    """How many workers the run in `directory` had, on which the last digits depend; None where it does not say."""
    workers = (read_result(directory) or {}).get("workers")
    return workers if isinstance(workers, int) and workers > 0 else None
