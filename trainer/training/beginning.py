"""Logs what is about to be trained."""

import logging
from math import prod

from trainer.engine.processes.workers import Workers
from trainer.engine.setup import Setup
from trainer.training.run import Run

log = logging.getLogger("trainer")

USES = {"train": "to train on", "validation": "to validate", "test": "to test"}


def report(run: Run, setup: Setup, workers: Workers) -> None:
    """Log the size of the network, the number of examples and workers, and the run's directory."""
    count = sum(prod(parameter.shape) for parameter in setup.graph.parameters.values() if parameter.trainable)
    examples = ", ".join(f"{workers.counts[split]:,} {use}" for split, use in USES.items() if workers.counts[split])
    several = f"{workers.size} workers" if workers.size > 1 else "1 worker"
    log.info("%s parameters, %s", f"{count:,}", several)
    log.info("examples: %s", examples)
    log.info("everything goes into %s", run.directory)
