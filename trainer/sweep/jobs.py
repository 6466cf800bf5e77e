"""The jobs of a sweep, each with a directory that holds everything about it."""

import json
import os
import re
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any
from unicodedata import normalize

from trainer.compose.configure import Override
from trainer.ground.files import replacing
from trainer.ground.overrides import parts, without_quotes
from trainer.ground.values import ConfigError
from trainer.runs.folder import CHECKPOINTS, CONFIG, DESCRIPTION, METRICS, OVERRIDES, PRUNING, RESULT
from trainer.runs.records import RecordError, read_metrics, read_result, read_yaml

LONGEST_NAME = 100  # bytes
NAME = re.compile(r"\d{1,9}(_.*)?", re.DOTALL)  # of a job's directory


@dataclass
class Job:
    """One run of a sweep. Its directory exists before the run begins."""

    directory: Path
    overrides: list[str]  # as on a command line
    values: dict[str, str] = field(default_factory=dict)  # key → value of what differs between the jobs
    pruning: dict[str, Any] | None = None  # options of `trainer.sweep.pruning.Pruning`

    @property
    def name(self) -> str:
        return self.directory.name

    @property
    def number(self) -> int:
        return int(self.name.partition("_")[0])

    @property
    def result(self) -> dict[str, Any] | None:
        """What result.json holds; None if it is missing, or damaged, so that the job is done again."""
        try:
            return read_result(self.directory / RESULT)
        except (FileNotFoundError, RecordError):
            return None

    @property
    def started(self) -> int:
        """When it was last started, in nanoseconds; 0 if never."""
        try:
            return (self.directory / CONFIG).stat().st_mtime_ns
        except OSError:
            return 0

    @property
    def status(self) -> str:
        """completed, stopped or failed, from its result; without one, interrupted or waiting."""
        result = self.result
        return result["status"] if result else "interrupted" if self.started else "waiting"

    @property
    def metrics(self) -> list[dict[str, float]]:
        """The rows of metrics.csv; a cell without a number is left out. Empty if the file is missing or damaged."""
        try:
            return read_metrics(self.directory / METRICS)
        except (FileNotFoundError, RecordError):
            return []

    @property
    def config(self) -> dict[str, Any]:
        """The configuration it was started with, interpolations unresolved. Raises RecordError for a damaged one."""
        config = read_yaml(self.directory / CONFIG)
        if not isinstance(config, dict):
            raise RecordError(f"{self.directory / CONFIG}: is damaged; remove the directory to repeat this job")
        return config

    def prepare(self) -> None:
        """Make the directory with the overrides that describe the job.

        What it did before is forgotten, except the checkpoint of a job that was interrupted.
        """
        if self.status == "failed":
            shutil.rmtree(self.directory / CHECKPOINTS, ignore_errors=True)
        (self.directory / RESULT).unlink(missing_ok=True)
        (self.directory / DESCRIPTION).mkdir(parents=True, exist_ok=True)
        with replacing(self.directory / OVERRIDES) as path:
            path.write_text("".join(f"- {json.dumps(override)}\n" for override in self.overrides), encoding="utf-8")
        if self.pruning:
            with replacing(self.directory / PRUNING) as path:
                path.write_text(json.dumps(self.pruning) + "\n", encoding="utf-8")


class Kept(Job):
    """A job as it is when one looks at it first: its result and its figures are read once."""

    @cached_property
    def result(self) -> dict[str, Any] | None:
        return super().result

    @cached_property
    def metrics(self) -> list[dict[str, float]]:
        return super().metrics


def pruned(job: Job) -> bool:
    """Return whether `trainer.sweep.pruning` stopped a job."""
    return ((job.result or {}).get("reason") or "").startswith("pruned")


def combinations(overrides: Sequence[Override]) -> list[dict[str, str]]:
    """Return every combination of the values given, each as key → override; the last key varies fastest.

    If a key is given twice, the last one counts. Raises ConfigError for ranges without steps, which need a search, and
    for those without a value.
    """
    alternatives: dict[str, list[str]] = {}
    for override in overrides:
        key = override.get_key_element()
        if not override.is_sweep_override():
            alternatives[key] = [override.input_line]
        elif override.is_discrete_sweep():
            if getattr(override.value(), "step", None) == 0:
                raise ConfigError("its step is 0; write range(START,STOP,STEP) with another one", override.key_or_group)
            alternatives[key] = [f"{key}={value}" for value in override.sweep_string_iterator()]
            if not alternatives[key]:
                raise ConfigError("it matches no value; name values that exist", override.key_or_group)
        else:
            remedy = "list values, as in a,b,c or range(1,4), or search with search=optuna"
            raise ConfigError(f"it has no steps; {remedy}", override.key_or_group)
    return [dict(zip(alternatives, chosen, strict=True)) for chosen in product(*alternatives.values())]


def plan(
    directory: Path,
    chosen: Sequence[dict[str, str]],
    swept: Sequence[str] | None = None,
    first: int = 0,
    total: int | None = None,
) -> list[Job]:
    """Return the jobs, named in order: 03_lr=0.01,model=mlp.

    Args:
        directory: The directory of the sweep.
        chosen: For each job key → override.
        swept: The keys that differ; None: those that differ between the jobs given.
        first: Number of the first of the jobs.
        total: How many there will be in all; None: these.
    """
    if swept is None:
        swept = [key for key in (chosen[0] if chosen else {}) if len({combination[key] for combination in chosen}) > 1]
    short, width = short_names(swept), max(2, len(str((total or len(chosen)) - 1)))
    jobs = []
    for number, combination in enumerate(chosen, start=first):
        values = {parts(key).key: parts(without_quotes(combination[key])).value for key in swept}
        text = ",".join(f"{short[key]}={value}" for key, value in zip(swept, values.values(), strict=True))
        name, plain = (f"{number:0{width}d}_{_safe(text, letters)}".rstrip("_") for letters in (re.UNICODE, re.ASCII))
        if not _can_be_a_name(name) or (directory / plain).is_dir():  # which an earlier version has made
            name = plain
        jobs.append(Job(directory / name, [*combination.values()], values))
    return jobs


def _safe(text: str, letters: re.RegexFlag) -> str:
    """Return a text as the end of a directory's name: what is no letter, digit or one of .,=+- becomes a dash."""
    name = re.sub(r"[^\w.,=+-]+", "-", normalize("NFC", text), flags=letters)
    return name.encode()[:LONGEST_NAME].decode(errors="ignore").rstrip(".,-")


def _can_be_a_name(name: str) -> bool:
    """Return whether files can have this name here."""
    try:
        return bool(os.fsencode(name))
    except UnicodeEncodeError:
        return False


def read(directory: Path, kind: type[Job] = Job) -> list[Job]:
    """Return the jobs that a sweep's directory holds, however they ended."""
    paths = sorted(directory.glob(f"[0-9]*/{OVERRIDES}"))
    jobs = [kind(path.parents[1], _overrides(path)) for path in paths if NAME.fullmatch(path.parents[1].name)]
    settings = [dict(parts(without_quotes(override))[1:] for override in job.overrides) for job in jobs]
    keys = list(dict.fromkeys(key for setting in settings for key in setting))
    for job, setting in zip(jobs, settings, strict=True):
        job.values = {key: setting.get(key, "") for key in keys if len({other.get(key) for other in settings}) > 1}
    return jobs


def _overrides(path: Path) -> list[str]:
    """Return the overrides in a job's directory; none if they are damaged, since a sweep writes them again."""
    try:
        overrides = read_yaml(path)
    except (FileNotFoundError, RecordError):
        return []
    return [override for override in overrides if isinstance(override, str)] if isinstance(overrides, list) else []


def short_names(keys: Sequence[str]) -> dict[str, str]:
    """Return each key's shortest ending that no other key shares: optimizer.lr → lr."""
    names = {}
    for key in keys:
        words = parts(key).key.split(".")
        endings = [".".join(words[start:]) for start in range(len(words) - 1, -1, -1)]
        others = [parts(other).key for other in keys if other != key]
        shared = [any(f".{other}".endswith(f".{ending}") for other in others) for ending in endings]
        names[key] = endings[shared.index(False)] if False in shared else endings[-1]
    return names


def command(overrides: Sequence[str], config_dir: Path | None = None) -> str:
    """Return the command line of a single run."""
    options = ["--config-dir", str(config_dir)] if config_dir else []
    return shlex.join(["python", "-m", "trainer", *options, *map(without_quotes, overrides)])
