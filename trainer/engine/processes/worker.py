"""A worker process: it computes its shard of every batch that the main process announces."""

import json
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO

import numpy as np

from trainer.engine.processes import shared
from trainer.engine.processes.mailbox import Mailbox
from trainer.engine.processes.memory import SharedMemory
from trainer.engine.processes.processes import move_away_from
from trainer.engine.setup import Setup
from trainer.ground.own_code import in_own_code
from trainer.ground.signals import SIGNALS


def main() -> None:
    """Do what the main process says until standard input ends, as it does when the main process ends.

    Its messages are pickled, which is safe because no other process can write there. An error goes to standard output
    as one JSON object, and what layers print to standard error.
    """
    for number in SIGNALS:  # in case they could not be withheld from the beginning
        signal.signal(number, signal.SIG_IGN)
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as report:
        os.dup2(2, 1)
        try:
            work(sys.stdin.buffer)
        except Exception as error:
            message = " ".join(str(error).split()) or type(error).__name__
            json.dump({"error": message, "traceback": traceback.format_exc()}, report)
            sys.exit(1)


def work(main_process: BinaryIO) -> None:
    """Build this worker's shard from the configuration, as the main process does, then take part in its steps."""
    start = pickle.load(main_process)
    try:
        _take_part(start, main_process)
    except Exception as error:
        if own := in_own_code(error, start["config"]["allow"]):
            raise own from error
        raise


def _take_part(start: dict[str, Any], main_process: BinaryIO) -> None:
    setup, rank, size = Setup(start["config"]), start["rank"], start["size"]
    given = _read(main_process)  # sent when the data is loaded
    if given is None:
        return
    arrays = SharedMemory(start["memory"]).map(given["layout"])
    alive = _until_orphaned(start["parent"])
    shard = shared.shard(setup, arrays, given["examples"], rank, size, alive, given["generators"])
    shard.communicator.total(np.zeros(1))  # wait until all workers are here
    actions = {"train": shard.train, "evaluate": shard.evaluate}
    with np.errstate(all="ignore"):
        awake = partial(move_away_from, start["parent"], rank)
        for action, indices, arguments in Mailbox(arrays).commands(rank, partial(_sleep, main_process), awake):
            actions[action](indices=np.frombuffer(indices, np.int64), **arguments)


def _sleep(main_process: BinaryIO) -> bool:
    """Wait for the byte that wakes this worker; return False at the end of the input."""
    return bool(main_process.read(1))


def _read(file: BinaryIO) -> Any:
    """Return the next object that was sent; None at the end of the input, even in the middle of an object."""
    try:
        return pickle.load(file)
    except (EOFError, pickle.UnpicklingError):
        return None


def _until_orphaned(parent: int) -> Callable[[], None]:
    """Return a check that ends this process if process `parent` has ended."""
    if sys.platform == "win32":
        import _winapi

        handle = _winapi.OpenProcess(_winapi.SYNCHRONIZE, False, parent)

        def orphaned() -> bool:
            return _winapi.WaitForSingleObject(handle, 0) == _winapi.WAIT_OBJECT_0
    else:

        def orphaned() -> bool:
            return os.getppid() != parent

    def check() -> None:
        if orphaned():
            sys.exit()

    return check
