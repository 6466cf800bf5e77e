"""What the terminal shows of a sweep: a line for each job that ends, below them one bar for all."""

import sys
from collections.abc import Sequence
from threading import Event, Thread
from types import TracebackType

from tqdm import tqdm

from trainer.sweep.jobs import Job

SECONDS = 0.25  # between two looks


class Watch:
    """Context that looks at the jobs' directories from a thread: so it works alike wherever the jobs are run."""

    def __init__(self, jobs: Sequence[Job], epochs: int) -> None:
        self._jobs, self._epochs = jobs, epochs
        self._left = [job for job in jobs if job.status != "completed"]
        self._ended = len(jobs) - len(self._left)
        self._out, self._stop = sys.stdout, Event()  # jobs in this process redirect sys.stdout
        self._bar = tqdm(
            total=float(len(jobs)),
            initial=self._ended,
            file=sys.stderr,
            disable=not sys.stderr.isatty(),
            leave=False,
            bar_format="{percentage:3.0f}%|{bar:32}| {elapsed}, {remaining} left{postfix}",
        )
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Watch":
        if self._ended:
            self._write(f"{self._ended} of {len(self._jobs)} jobs are done already")
        self._look()
        self._thread.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()
        self._look()
        self._bar.close()

    def _run(self) -> None:
        while not self._stop.wait(SECONDS):
            self._look()

    def _look(self) -> None:
        ended = [job for job in self._left if job.result is not None]
        for job in ended:
            self._left.remove(job)
            self._ended += 1
            width = len(str(len(self._jobs)))
            self._write(f"[{self._ended:{width}}/{len(self._jobs)}] {job.name}  {outcome(job)}")
        if not self._bar.disable:
            running = sum(min(1.0, len(job.metrics) / self._epochs) for job in self._left)
            self._bar.n = self._ended + running
            self._bar.set_postfix_str(f"{self._ended} of {len(self._jobs)} jobs")

    def _write(self, line: str) -> None:
        tqdm.write(line, file=self._out)
        self._out.flush()


def outcome(job: Job) -> str:
    """Returns what became of a job, in words."""
    result = job.result
    if not result or result["status"] != "completed":
        reason = (result or {}).get("error")
        return job.status + (f": {reason}" if reason else "")
    best, final = result.get("best") or {}, result.get("final") or {}
    figures = [
        f"{label} {source[name]:.4f}"
        for source, name, label in (
            (best, "val_accuracy", "validation accuracy"),
            (best, "val_loss", "validation loss"),
            ({} if best else final, "train_loss", "train loss"),
        )
        if source.get(name) is not None
    ]
    place = [f"epoch {best['epoch']} of {result['epochs']}"] if best else []
    return " | ".join([", ".join(figures), *place, f"{result['seconds']:.1f} s"])
