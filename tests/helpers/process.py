"""The application as a process."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import trainer
from tests.helpers import forked
from trainer.runs import checkpoint
from trainer.runs.folder import LAST

FAST = (
    *("model=mlp", "epochs=2", "batch_size=256", "limit.train=512", "parallel.workers=1"),
    *("callbacks.curves=null", "callbacks.report=null"),
)

FAULTY = '''
import os, signal, time
from trainer.training.callbacks import Callback


class Fault(Callback):
    """What can befall a run after an epoch."""

    def __init__(self, how: str = "none") -> None:
        self.how = how

    def on_epoch_end(self, run, row):
        if run.epoch == 1 and self.how == "raise":
            raise RuntimeError("raised on purpose")
        if self.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "slow":
            time.sleep(0.3)
        while self.how == "wait" and os.path.exists(f"wait/{run.directory.name}"):
            time.sleep(0.01)
'''
RAISED = "faulty.py:14: Fault.on_epoch_end of callbacks.fault: RuntimeError: raised on purpose"
FAULTS = ("allow=[faulty]", "+callbacks.fault={_target_: faulty.Fault}")


def environment(**more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HYDRA")}
    return clean | {"PYTHONPATH": str(trainer.ROOT), "OPENBLAS_NUM_THREADS": "1"} | more


def run(*arguments: str, cwd: Path, module: str = "trainer", **more: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m trainer ...`, or another module, to its end; with `more` in its environment."""
    command = [sys.executable, "-m", module, *arguments]
    if more or not _forks(arguments):
        return subprocess.run(
            command, cwd=cwd, env=environment(**more), capture_output=True, text=True, encoding="utf-8", timeout=300,
            check=False,
        )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        output, errors = Path(folder, "output"), Path(folder, "errors")
        process = forked.Forked(module, arguments, cwd, environment(), output, errors)
        try:
            code = process.wait(timeout=300)
        finally:
            process.kill()
        return subprocess.CompletedProcess(command, code, *(path.read_text("utf-8") for path in (output, errors)))


def start(*arguments: str, cwd: Path, errors: Path | str = os.devnull) -> subprocess.Popen | forked.Forked:
    """Start `python -m trainer ...` in its own process group, without waiting; `errors`: the file for its stderr."""
    if _forks(arguments):
        return forked.Forked("trainer", arguments, cwd, environment(), errors=errors)
    command = [sys.executable, "-m", "trainer", *arguments]
    with Path(errors).open("a") as told:
        return subprocess.Popen(
            command, cwd=cwd, env=environment(), start_new_session=True, stdout=subprocess.DEVNULL, stderr=told
        )


def wait_until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def wait_for_epoch(directory: Path) -> None:
    """Wait until a run has finished an epoch and saved it."""
    wait_until(lambda: (directory / LAST).exists() and checkpoint.read(directory / LAST).metadata["epoch"])


def _forks(arguments: tuple[str, ...]) -> bool:
    """Whether a process may be forked: joblib's own server of processes does not end in one of multiprocessing's."""
    return forked.POSSIBLE and not any(argument.startswith("hydra/launcher=") for argument in arguments)
