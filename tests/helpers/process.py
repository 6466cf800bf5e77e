"""The application as a process."""

import os
import subprocess
import sys
from pathlib import Path

import trainer

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
'''
RAISED = "faulty.py:14: Fault.on_epoch_end of callbacks.fault: RuntimeError: raised on purpose"
FAULTS = ("allow=[faulty]", "+callbacks.fault={_target_: faulty.Fault}")


def environment(**more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HYDRA")}
    return clean | {"PYTHONPATH": str(trainer.ROOT), "OPENBLAS_NUM_THREADS": "1"} | more


def run(*arguments: str, cwd: Path, module: str = "trainer", **more: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m trainer ...`, or another module, to its end."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(
        command, cwd=cwd, env=environment(**more), capture_output=True, text=True, timeout=300, check=False
    )


def start(*arguments: str, cwd: Path, **more: str) -> subprocess.Popen:
    """Start `python -m trainer ...` in its own process group, without waiting."""
    command = [sys.executable, "-m", "trainer", *arguments]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=cwd, env=environment(**more), start_new_session=True, **quiet)
