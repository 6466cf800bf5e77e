"""Ends a run: when it is complete, by a signal or by an error."""

import logging
from collections.abc import Sequence
from typing import Any

from trainer.ground import signals
from trainer.ground.errors import UserError, WorkerError
from trainer.ground.own_code import in_own_code
from trainer.problems import in_words
from trainer.runs import resume
from trainer.training.callbacks import Callback, ResultJson
from trainer.training.loggers import Logger
from trainer.training.run import Run

log = logging.getLogger("trainer")


def summary(run: Run, seed: int, workers: int, seconds: float, test: dict[str, float | None] | None) -> dict[str, Any]:
    """Return what result.json holds, except how the run ended (status and error).

    Args:
        run: The run that ends.
        seed: The seed of the run.
        workers: How many there are.
        seconds: Since the run began, including those before it was resumed.
        test: The figures of the test; None: there was none.
    """
    return {
        "status": None,
        "epochs": run.epoch,
        "planned_epochs": run.epochs,
        "seconds": round(seconds, 3),
        "seed": seed,
        "workers": workers,
        "best": run.best,
        "best_by": f"val_{run.headline}",
        "final": run.history[-1] if run.history else None,
        "test": test,
        **({"baseline": run.baseline} if run.baseline else {}),
        **({"started_from": run.started_from} if run.started_from else {}),
        "reason": run.stopping,
        "error": None,
    }


def tell(
    callbacks: Sequence[Callback],
    run: Run,
    result: dict[str, Any],
    failure: BaseException | None,
    received: Sequence[int],
) -> tuple[dict[str, Any], BaseException | None]:
    """Tell every callback of the end, even if one of them fails: loggers after those that write files, last the result.

    Args:
        callbacks: The callbacks of the run.
        run: The run that ends.
        result: As `summary` returns it.
        failure: What ended it; None: it is complete.
        received: Signals that have come; more may be added meanwhile.

    Returns:
        The whole result, and the first failure.
    """
    for callback in sorted(callbacks, key=lambda each: (isinstance(each, ResultJson), isinstance(each, Logger))):
        # The signal may have ended workers too.
        if received and (failure is None or isinstance(failure, signals.Interrupted | WorkerError)):
            failure = interrupted(run, received[0])
        result |= _outcome(failure, run.config["allow"])
        try:
            callback.on_fit_end(run, result)
        except Exception as error:
            failure = failure or error
    return result | _outcome(failure, run.config["allow"]), failure


def interrupted(run: Run, number: int, remedy: str = "") -> signals.Interrupted:
    """Return what to raise for signal `number`. remedy: what to do; by default how to resume, if that is possible."""
    remedy = remedy or resume.remedy(run.directory, run.config)
    what = f"{signals.SIGNALS[number]} {place(run)}"
    return signals.Interrupted(number, "; ".join(filter(None, [what, remedy])))


def place(run: Run) -> str:
    """Return how far a run is: "in epoch 2 after step 7"."""
    unfinished = run.step > run.epoch * run.steps_per_epoch
    return f"in epoch {max(1, run.epoch + unfinished)} after step {run.step}"


def report(run: Run, result: dict[str, Any]) -> None:
    """Log the result of the test, and the run's directory."""
    weights = f"the weights of epoch {run.best['epoch']}" if run.best else "the last weights"
    if result["test"]:
        beside = ""
        if run.baseline:
            beside = f" ({run.baseline['name']}: {in_words({run.headline: run.baseline[run.headline]})})"
        log.info("test %s with %s%s", in_words(result["test"]), weights, beside)
    log.info("everything is in %s", run.directory)


def _outcome(failure: BaseException | None, packages: Sequence[str]) -> dict[str, str | None]:
    """Return status and error; for a failure in the user's own `packages`, with its place."""
    if failure is None:
        return {"status": "completed", "error": None}
    if isinstance(failure, KeyboardInterrupt):
        return {"status": "stopped", "error": " ".join(str(failure).split()) or "interrupted"}
    known = isinstance(failure, UserError | OSError | MemoryError)
    cause = failure if known else in_own_code(failure, packages) or failure
    return {"status": "failed", "error": " ".join(str(cause).split()) or type(failure).__name__}
