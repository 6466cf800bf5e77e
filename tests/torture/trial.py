"""One trial: a command is disturbed, continues, is disturbed again, ends, and is compared with one that was not."""

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

from tests.torture.process import Ended, Sent, disturb, finish, unheard
from tests.torture.scenario import Scenario

WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated", signal.SIGHUP: "hung up"}
NAMES = ("run", "a run", "it's=a,run", "a $run (1)")
PRINTED = re.compile(r"continue with: trainer (.*)\n")


def trial(number: int, seed: int, scenarios: Sequence[Scenario], place: Path) -> dict[str, Any]:
    """Make trial `number`. What it does follows from its number and the seed; when that happens, from the machine too.

    Returns what is printed of it: what was done, and the problem, if there is one. Its folder is kept then.
    """
    rng = random.Random(f"{seed} {number}")
    kind, choice = KINDS[number % len(KINDS)]
    scenario = rng.choice([each for each in scenarios if choice(each)])
    cwd = place / f"trial {number}"
    cwd.mkdir()
    told: dict[str, Any] = {"trial": number, "scenario": scenario.name, "steps": []}
    began = time.monotonic()
    try:
        kind(rng, scenario, cwd, told["steps"])
        told["problem"] = None
        shutil.rmtree(cwd)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        told["problem"] = f"{type(error).__name__}: {error} ({where.name}:{where.lineno})"[:2000]
        told["command"] = shlex.join(["trainer", *scenario.command(cwd)])
        told["again"] = f"python -m tests.torture --seed {seed} --only {number}"
    return told | {"seconds": round(time.monotonic() - began, 1)}


def _signals(rng: random.Random, scenario: Scenario, cwd: Path, steps: list) -> None:
    """One to three times: signals at any moment, then what the program says continues, or another road."""
    directory = cwd / rng.choice(NAMES)
    arguments = scenario.command(directory)
    for _ in range(rng.choice([1, 1, 2, 3])):
        sent = _some_signals(rng, scenario)
        ended = disturb(arguments, cwd, sent)
        moment = "early" if ended.early else "late" if ended.late else "within"
        name = " and ".join(signal.Signals(each.number).name for each in sent[:2])
        steps.append({"what": name, "moment": moment, "code": ended.code})
        steps[-1]["signals"] = [[each.number, each.after, each.group] for each in sent]
        _check(ended, sent)
        if ended.code == 0:
            break
        arguments = _road(rng, scenario, directory, steps, ended)
    else:
        ended = finish(arguments, cwd)
    if scenario.runs and not _is_complete(scenario, directory):
        ended = finish(_road(rng, scenario, directory, steps), cwd)
    scenario.compare(directory, ended)


def _road(
    rng: random.Random, scenario: Scenario, directory: Path, steps: list, ended: Ended | None = None
) -> tuple[str, ...]:
    """Return one of the commands that go on, and note which it is; that which was printed as often as all others."""
    roads = scenario.roads(directory)
    printed = PRINTED.search(ended.errors) if ended else None
    road = "the printed command" if printed and rng.random() < 0.5 else rng.choice([*roads])
    steps[-1]["continued by"] = road
    return roads[road] if road in roads else tuple(shlex.split(printed[1]))


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
    results = [directory / file.relative_to(scenario.whole) for file in scenario.whole.rglob("result.json")]
    return all(file.is_file() and '"completed"' in file.read_text() for file in results)


def _disk(rng: random.Random, scenario: Scenario, cwd: Path, steps: list) -> None:
    """A disk of any size, or a limit of a file's size; a little more room, perhaps; then there is enough."""
    sizes = sorted(_size(rng, scenario) for _ in range(rng.choice([1, 1, 2])))
    disk = cwd / "disk"
    disk.mkdir()
    mounted = os.geteuid() == 0 and rng.random() < 0.8 and _mount(disk, sizes[0])
    directory = disk / "run"
    arguments = scenario.command(directory)
    try:
        for size in sizes:
            if mounted and steps:
                _grow(disk, str(size))
            ended = finish(arguments, cwd, None if mounted else size)
            steps.append({"what": "disk" if mounted else "file", "size": size, "code": ended.code})
            _check_full(ended)
            if ended.code == 0:
                break
            arguments = _road(rng, scenario, directory, steps, ended)
        if ended.code:
            if mounted:
                _grow(disk, "64m")
            ended = finish(arguments, cwd)
        scenario.compare(directory, ended)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(disk)], check=False)


def _size(rng: random.Random, scenario: Scenario) -> int:
    """Return a size in bytes: small ones, at which little has begun, are as likely as large ones."""
    largest = int(1.1 * scenario.bytes)
    return rng.randrange(4096, largest) if rng.random() < 0.6 else int(4096 * (largest / 4096) ** rng.random())


def _mount(disk: Path, size: int) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _grow(disk: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)


def _check_full(ended: Ended) -> None:
    assert "Traceback" not in ended.errors, f"traceback: {ended.errors}"
    assert ended.code in (0, 1), f"exit code {ended.code}: {ended.errors}"
    if ended.code:
        lines = ended.errors.splitlines()
        assert lines, "no line"
        assert all(line.startswith(("error: ", "warning: ")) for line in lines), lines


def _stdout(rng: random.Random, scenario: Scenario, cwd: Path, steps: list) -> None:
    """Nobody hears what it says, from the beginning or from some moment on: all the same to it."""
    directory = cwd / rng.choice(NAMES)
    after = None if rng.random() < 0.4 else round(rng.uniform(0, scenario.seconds), 3)
    ended = unheard(scenario.command(directory), cwd, after)
    steps.append({"what": "stdout closed" if after is None else "reader gone", "after": after, "code": ended.code})
    assert not ended.errors or scenario.code, f"it says: {ended.errors}"
    scenario.compare(directory, ended)


Kind = Callable[[random.Random, Scenario, Path, list], None]
SIGNALS: tuple[Kind, Callable[[Scenario], bool]] = (_signals, lambda scenario: True)
KINDS: tuple[tuple[Kind, Callable[[Scenario], bool]], ...] = (
    SIGNALS,
    (_disk, lambda scenario: scenario.runs and not scenario.is_sweep),
    SIGNALS,
    (_disk, lambda scenario: scenario.is_sweep),
    SIGNALS,
    (_signals, lambda scenario: scenario.is_sweep),
    (_disk, lambda scenario: scenario.runs and not scenario.is_sweep),
    SIGNALS,
    (_disk, lambda scenario: scenario.is_sweep),
    (_stdout, lambda scenario: True),
)
"""In turn: what is done, and to which commands."""
