"""One trial: a command is disturbed, goes on, is disturbed again, ends, and is compared with one that was not."""

import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.torture.process import Ended, Sent, disturb, finish
from tests.torture.scenario import Scenario

WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated", signal.SIGHUP: "hung up"}
LARGEST = 700_000  # bytes of a disk, or a file: more than any of the runs needs at a time


def trial(number: int, seed: int, scenarios: Sequence[Scenario], place: Path) -> dict[str, Any]:
    """Make trial `number`. What it does follows from its number and the seed; when that happens, from the machine too.

    Returns what is printed of it: what was done, and the problem, if there is one. Its folder is kept then.
    """
    rng = random.Random(f"{seed} {number}")
    kinds: list[tuple[Callable, Sequence[Scenario]]] = [
        (_signals, scenarios), (_signals, scenarios), (_signals, scenarios),
        (_disk, [each for each in scenarios if each.runs]),
    ]  # fmt: skip
    kind, those = rng.choice(kinds)
    scenario = rng.choice(those)
    cwd = place / f"trial {number}"
    cwd.mkdir()
    told: dict[str, Any] = {"trial": number, "seed": seed, "scenario": scenario.name, "steps": []}
    began = time.monotonic()
    try:
        kind(rng, scenario, cwd, told["steps"])
        told["problem"] = None
        shutil.rmtree(cwd)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        told["problem"] = f"{type(error).__name__}: {error} ({where.name}:{where.lineno})"[:2000]
    return told | {"seconds": round(time.monotonic() - began, 1)}


def _signals(rng: random.Random, scenario: Scenario, cwd: Path, steps: list) -> None:
    """One to three times: signals at any moment, then what the program says goes on, or what should."""
    directory = cwd / rng.choice(["run", "a run", "it's=a,run"])
    arguments = scenario.command(directory)
    for _ in range(rng.choice([1, 1, 2, 3])):
        sent = _some_signals(rng, scenario)
        ended = disturb(arguments, cwd, sent)
        steps.append({"signals": [[each.number, each.after, each.group] for each in sent], "code": ended.code})
        _check(ended, sent)
        steps[-1]["moment"] = "early" if ended.early else "late" if ended.late else "within"
        if ended.code == 0:
            break
        arguments = scenario.rest(directory) if scenario.runs else arguments
        hint = re.search(r"; go on with: trainer (.*)\n", ended.errors)
        if hint and rng.random() < 0.7:
            arguments = tuple(shlex.split(hint[1]))
            steps[-1]["hint"] = True
    else:
        ended = finish(arguments, cwd)
    if scenario.runs and not _is_complete(scenario, directory):
        ended = finish(scenario.rest(directory), cwd)
    scenario.compare(directory, ended)


def _some_signals(rng: random.Random, scenario: Scenario) -> list[Sent]:
    group = rng.random() < 0.3
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL]
    sent = [Sent(int(rng.choice(numbers)), round(rng.uniform(0, 1.1 * scenario.seconds), 3), group)]
    while rng.random() < 0.25:
        sent.append(Sent(int(rng.choice(numbers[:3])), round(rng.uniform(0, 0.6), 3), group))
    return sent


def _check(ended: Ended, sent: Sequence[Sent]) -> None:
    """Raises AssertionError unless a process has ended by its first signal, or before, and has said so in one line."""
    assert "Traceback" not in ended.errors or ended.early, f"traceback: {ended.errors}"
    number = sent[0].number
    if ended.early:
        assert ended.code != 1128, "it hangs"
        return
    if ended.late and ended.code == 0:
        return
    codes = {128 + each.number for each in sent}  # that of the first, unless another ended what was ending
    assert ended.code in codes, f"exit code {ended.code} after signal {number}: {ended.errors}"
    lines = ended.errors.splitlines()
    if signal.SIGKILL in [each.number for each in sent]:
        return
    assert len(lines) <= 1, f"{len(lines)} lines: {ended.errors}"
    assert all(line.startswith(f"error: {WORDS[number]}") for line in lines), lines


def _is_complete(scenario: Scenario, directory: Path) -> bool:
    files = [directory / run / "result.json" for run in scenario.runs]
    return all(file.is_file() and '"completed"' in file.read_text() for file in files)


def _disk(rng: random.Random, scenario: Scenario, cwd: Path, steps: list) -> None:
    """A disk of any size, or a limit of a file's size; then there is room."""
    size = rng.randrange(4096, LARGEST)
    disk = cwd / "disk"
    disk.mkdir()
    mounted = os.geteuid() == 0 and rng.random() < 0.7 and _mount(disk, size)
    directory = disk / "run"
    try:
        ended = finish(scenario.command(directory), cwd, None if mounted else size)
        steps.append({"disk" if mounted else "file": size, "code": ended.code})
        _check_full(ended)
        if mounted:
            subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        if ended.code:
            ended = finish(scenario.rest(directory), cwd)
        scenario.compare(directory, ended)
    finally:
        if mounted:
            subprocess.run(["umount", str(disk)], check=False)


def _mount(disk: Path, size: int) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _check_full(ended: Ended) -> None:
    assert "Traceback" not in ended.errors, f"traceback: {ended.errors}"
    assert ended.code in (0, 1), f"exit code {ended.code}: {ended.errors}"
    if ended.code:
        lines = ended.errors.splitlines()
        assert lines, "no line"
        assert all(line.startswith("error: ") for line in lines), lines
