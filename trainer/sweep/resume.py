"""`resume=DIR` for a whole sweep: runs its command again, into the same directory.

The directory may come from a stranger. So only what every sweep does is taken from its record: choices among the
configurations that are here, plain values, and how many jobs run at once.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from trainer.compose.saved import check_name, refuse_place
from trainer.ground.overrides import last, parts, quoted
from trainer.ground.values import ConfigError, check
from trainer.runs.folder import RECORD, resume_command
from trainer.runs.records import RecordError, read_yaml

OVERRIDE = re.compile(r"[+~]{0,2}(?P<key>\w[\w./-]*)(=(?P<value>.*))?", re.DOTALL)
WORD = re.compile(r"[\w.,+-]{0,100}")
ELSEWHERE = re.compile(r"""(^|[\s'"=:,\[({])(/|~|\\|[A-Za-z]:[\\/])|\.\.|\$\{[^}]*[:$]|[\x00-\x1f]""")
"""Absolute paths, paths from a home or upwards, interpolations that could read something, control characters."""

PARAMETERS = "hydra.sweeper.params."
PLACES = {"hydra.sweep.dir", "hydra.sweep.subdir", "resume"}  # what counts is where the directory is now
PLAIN = {
    "hydra.mode",
    "hydra/launcher",
    *(f"hydra.sweeper.search.{name}" for name in ("trials", "at_once", "startup", "prune", "warmup", "seed")),
    *(f"hydra.launcher.{name}" for name in ("n_jobs", "verbose", "batch_size", "timeout_min", "nodes", "partition")),
    *(f"hydra.launcher.{name}" for name in ("cpus_per_task", "gpus_per_node", "gpus_per_task", "tasks_per_node")),
    *(f"hydra.launcher.{name}" for name in ("mem_gb", "mem_per_cpu", "mem_per_gpu", "array_parallelism", "account")),
    *(f"hydra.launcher.{name}" for name in ("qos", "constraint", "max_num_timeout")),
    *(f"hydra.launcher.ray.{name}" for name in ("init.num_cpus", "remote.num_cpus", "remote.max_retries")),
}
"""Hydra's own options that may be set, to a number or a word."""


def arguments(given: Sequence[str]) -> list[str]:
    """Return the arguments that do what `given` asks for: those of a sweep if `resume=` names one, else the same.

    Raises:
        ConfigError: The sweep's record is damaged, or holds something that the user must give again.
    """
    name = last("resume", given)
    if name in (None, "", "null") or not ((directory := Path(name)) / RECORD).is_file():
        return list(given)
    check_name(directory)
    refuse_place(given, "hydra.sweep.dir")
    changes = [argument for argument in given if parts(argument).key != "resume"]
    saved = [override for override in _saved(directory / RECORD) if parts(override).key not in PLACES]
    kept = [override for override in saved if _is_harmless(override)]
    again = {parts(argument).key for argument in changes}
    if refused := [override for override in saved if override not in kept and parts(override).key not in again]:
        raise ConfigError(
            f"{directory / RECORD} may be a stranger's, and {refused[0]} is not taken from it; "
            f"if you trust it, give it again: {resume_command(directory, refused)}",
            "resume",
        )
    return ["--multirun", *kept, *changes, f"hydra.sweep.dir={quoted(str(directory))}"]


def _saved(record: Path) -> list[str]:
    """Return the overrides of the sweep's command, Hydra's own first."""
    try:
        overrides = read_yaml(record)["hydra"]["overrides"]
        saved = check(overrides["hydra"], list[str], "hydra") + check(overrides["task"], list[str], "task")
    except (RecordError, ConfigError, KeyError, TypeError) as error:
        problem = f"{record} is damaged; give the sweep's command again, with hydra.sweep.dir"
        raise ConfigError(problem, "resume") from error
    return saved


def _is_harmless(override: str) -> bool:
    found = OVERRIDE.fullmatch(override)
    if found is None:
        return False
    key, value = found["key"], found["value"] or ""
    if key.startswith(PARAMETERS):
        return _is_harmless(f"{key.removeprefix(PARAMETERS)}={value}")
    if key in PLAIN:
        return WORD.fullmatch(value.strip("'\"")) is not None
    theirs = re.match(r"hydra\b|allow\b|resume\b", key)  # about code and places, which the user decides
    return theirs is None and ELSEWHERE.search(value) is None
