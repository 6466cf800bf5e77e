"""What the terminal shows of a sweep: a line for each job that ends, below them one bar for all."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any

from tqdm import tqdm

from trainer.ground.console import is_terminal
from trainer.ground.text import printable
from trainer.problems import metric_of, shown
from trainer.sweep.jobs import Job

SECONDS = 0.25  # between two looks


class Watch:
    """A context that watches the jobs' directories from a thread, so it works wherever the jobs run.

    Args:
        total: the number of jobs.
        epochs: of each job.
    """

    def __init__(self, total: int, epochs: int) -> None:
        self._total, self._epochs = total, epochs
        self._left: list[Job] = []
        self._ended = 0
        self._lock = Lock()
        self._out, self._stop = sys.stdout, Event()  # jobs in this process redirect sys.stdout
        self._bar = tqdm(
            total=float(total),
            file=sys.stderr,
            disable=not is_terminal(sys.stderr),
            leave=False,
            bar_format="{percentage:3.0f}%|{bar:32}| {elapsed}, {remaining} left{postfix}",
        )
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def add(self, jobs: Sequence[Job]) -> None:
        """Begin to watch jobs, some of which may be done."""
        left = [job for job in jobs if job.status != "completed"]
        with self._lock:
            self._left += left
            self._ended += len(jobs) - len(left)
        if len(left) < len(jobs):
            self._write(f"{len(jobs) - len(left)} of {self._total} jobs are done already")
        self._look()

    def close(self) -> None:
        """Take a last look."""
        if not self._stop.is_set():
            self._stop.set()
            self._thread.join()
            self._look()
            self._bar.close()

    def _run(self) -> None:
        while not self._stop.wait(SECONDS):
            self._look()

    def _look(self) -> None:
        with self._lock:
            for job in [job for job in self._left if job.result is not None]:
                self._left.remove(job)
                self._ended += 1
                self._write(f"[{self._ended:{len(str(self._total))}}/{self._total}] {job.name}  {outcome(job)}")
            if not self._bar.disable:
                running = sum(min(1.0, len(job.metrics) / self._epochs) for job in self._left)
                self._bar.n = self._ended + running
                self._bar.set_postfix_str(f"{self._ended} of {self._total} jobs")

    def _write(self, line: str) -> None:
        if self._out is not None:
            with suppress(OSError):  # the reader, such as `head`, has seen enough
                tqdm.write(printable(line), file=self._out)
                self._out.flush()


def outcome(job: Job) -> str:
    """Return how a job ended, in words."""
    result = job.result
    if not result or result["status"] != "completed":
        reason = (result or {}).get("error")
        return job.status + (f": {reason}" if reason else "")
    best, final = result.get("best") or {}, result.get("final") or {}
    columns = [name for name in best if name.startswith("val_") and best[name] is not None and metric_of(name)]
    columns.sort(key=lambda name: name == "val_loss")
    figures = ", ".join(f"validation {metric_of(name).label} {shown(best[name])}" for name in columns)
    if figures and best.get("epoch"):
        figures += f" at epoch {best['epoch']}"
    elif not figures and final.get("train_loss") is not None:
        figures = f"train loss {shown(final['train_loss'])}"
    seconds = f"{result['seconds']:.1f} s" if "seconds" in result else ""
    return " | ".join(filter(None, [figures, _progress(result), seconds])) or "completed"


def _progress(result: Mapping[str, Any]) -> str:
    """Return how far a job came, and why no further: "epoch 1 of 3 (pruned: ...)"."""
    if "epochs" not in result:
        return ""
    planned = f" of {result['planned_epochs']}" if "planned_epochs" in result else ""
    reason = f" ({result['reason']})" if result.get("reason") else ""
    return f"epoch {result['epochs']}{planned}{reason}"
