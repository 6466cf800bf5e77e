"""Progress of a sweep: on a terminal a live table of its jobs, elsewhere a line for each job that ends."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from shutil import get_terminal_size
from threading import Event, Lock, Thread
from time import monotonic
from types import TracebackType
from typing import Any

from tqdm import tqdm

from trainer.compose.console import Block, Line, can_redraw
from trainer.ground.console import is_quiet, is_terminal
from trainer.ground.text import duration, printable
from trainer.problems import metric_of, shown
from trainer.sweep.jobs import Job
from trainer.sweep.table import State, begun, ended, in_words, planned_epochs, table

SECONDS = 0.25  # between two looks, at least
REST = 50  # times as long as a look took: of very many jobs, it takes long, and the jobs may run in this process


class Watch:
    """A context that watches the jobs' directories from a thread, so it works wherever the jobs run.

    Args:
        total: The number of jobs.
        epochs: The number of epochs of a job, unless its own configuration sets another.
    """

    def __init__(self, total: int, epochs: int) -> None:
        self._total, self._epochs, self._goal = total, epochs, ""
        self._states: dict[str, State] = {}
        self._left: dict[str, Job] = {}
        self._before: dict[str, int] = {}  # when those that are left had been started
        self._planned: dict[str, int] = {}  # epochs of those that have begun
        self._done = 0  # before this sweep
        self._began, self._lock, self._stop = monotonic(), Lock(), Event()
        self._out, self._quiet = sys.stdout, is_quiet()  # jobs in this process redirect sys.stdout
        self._block = Block(self._out) if can_redraw(self._out) and not self._quiet else None
        self._bar = tqdm(
            total=float(total),
            file=sys.stderr,
            disable=self._block is not None or self._quiet or not is_terminal(sys.stderr),
            leave=False,
            bar_format="{percentage:3.0f}%|{bar:32}| {elapsed}, {remaining} left{postfix}",
        )
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def add(self, jobs: Sequence[Job], goal: str) -> None:
        """Begin to watch jobs, some of which may be done. `goal`: the objective, which the first jobs may choose."""
        done = [job for job in jobs if job.status == "completed"]
        with self._lock:
            self._goal = goal
            self._done += len(done)
            self._left |= {job.name: job for job in jobs if job not in done}
            self._before |= {job.name: job.started for job in jobs}
            self._states |= {job.name: ended(job, self._goal) or State(job.number, job.values) for job in jobs}
        if done and self._block is None:
            self._write(f"{len(done)} of {self._total} jobs are done already")
        self._look()

    def close(self) -> None:
        """Take a last look."""
        if not self._stop.is_set():
            self._stop.set()
            self._thread.join()
            self._look()
            self._bar.close()

    def _run(self) -> None:
        pause = SECONDS
        while not self._stop.wait(pause):
            began = monotonic()
            self._look()
            pause = max(SECONDS, REST * (monotonic() - began))

    def _look(self) -> None:
        if self._quiet:
            return
        with self._lock:
            for name, job in [*self._left.items()]:
                if state := ended(job, self._goal):
                    self._states[name] = state
                    del self._left[name]
                    if self._block is None:
                        over = len(self._states) - len(self._left)
                        self._write(f"[{over:{len(str(self._total))}}/{self._total}] {name}  {outcome(job)}")
                elif job.started != self._before[name] and (self._block or not self._bar.disable):
                    epochs = self._planned.setdefault(name, planned_epochs(job, self._epochs))
                    self._states[name] = begun(job, self._goal, epochs, interrupted=self._stop.is_set())
            if self._block and self._states:
                size = get_terminal_size()
                lines = table([*self._states.values()], self._goal, size.columns - 1, size.lines - 2)
                self._block.draw(lines if self._stop.is_set() else [*lines, self._progress()])
            elif not self._bar.disable:
                self._bar.n = sum(state.share for state in self._states.values())
                self._bar.set_postfix_str(f"{len(self._states) - len(self._left)} of {self._total} jobs")

    def _progress(self) -> Line:
        """Return the line below the table: how many jobs have ended, and how long the others will take."""
        seconds = monotonic() - self._began
        share = (sum(state.share for state in self._states.values()) - self._done) / max(1, self._total - self._done)
        over = len(self._states) - len(self._left)
        left = f", {duration(seconds * (1 - share) / share)} left" if share > 0 and over < self._total else ""
        counts = in_words(state.status for state in self._states.values() if state.status != "waiting")
        return f"{over} of {self._total} jobs in {duration(seconds)}{left} ({counts or 'none has begun'})", "heading"

    def _write(self, line: str) -> None:
        if self._out is not None and not self._quiet:
            with suppress(OSError, ValueError):  # the reader, such as `head`, has seen enough
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
