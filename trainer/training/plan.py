"""Checks a run before its first step: refuses what would fail, and warns of what is probably a mistake."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

from trainer.datasets import TARGET, Splits, number_of_batches
from trainer.datasets.checks import without_examples
from trainer.engine.setup import Setup
from trainer.ground.values import ConfigError, child
from trainer.models import BatchNorm
from trainer.problems import Classification
from trainer.training.callbacks import Callback
from trainer.training.limit import PARTS
from trainer.training.schedules import Schedule

Counts = Mapping[str, int]
"""How many examples there are of train, validation and test."""

log = logging.getLogger("trainer")


def check(config: Mapping[str, Any], setup: Setup, splits: Splits, callbacks: Sequence[Callback]) -> None:
    """Refuse what would fail, and warn of what is probably a mistake, now that the number of examples is known.

    Args:
        config: The configuration of the run.
        setup: The objects that it describes; it has read the splits.
        splits: The examples that the run uses.
        callbacks: The callbacks of the run.

    Raises:
        ConfigError: Naming the option.
    """
    counts = {part: len(getattr(splits, part)) for part in PARTS}
    check_mixing(setup, splits)
    check_monitors(setup, callbacks, counts["validation"] > 0)
    check_batches(config, setup, counts)
    whole = {"train": splits.train} if counts["train"] == setup.available["train"] else {}
    unlearned = [f"{line}; it cannot be learned" for line in without_examples(setup.dataset, whole)]
    for remark in [*remarks(config, setup, counts, callbacks), *unlearned]:
        log.warning("warning: %s", remark)


def check_mixing(setup: Setup, splits: Splits) -> None:
    """Refuse augmentations that make shares of classes out of labels where the problem takes none.

    Raises:
        ConfigError: Names the problem.
    """
    stored, drawn = (fields[TARGET] for fields in (splits.train.fields, splits.train.drawn))
    if stored.shape != drawn.shape and not isinstance(setup.problem, Classification):
        kind = type(setup.problem).__name__
        raise ConfigError(f"mixed labels become shares of classes, which {kind} does not take", "data.augment")


def steps_per_epoch(config: Mapping[str, Any], examples: int) -> int:
    """Return how many steps an epoch of this many training examples has. Raises ConfigError if it has none."""
    step_size = config["batch_size"] * config["accumulate"]
    steps = number_of_batches(examples, step_size, config["drop_last"])
    if not steps:
        problem = f"{examples} training examples do not fill a step of {step_size}; lower batch_size"
        raise ConfigError(problem, "drop_last")
    return steps


def check_monitors(setup: Setup, callbacks: Sequence[Callback], validated: bool) -> None:
    """Refuse a callback or schedule that needs a figure the run will not have.

    Args:
        setup: The setup of the run.
        callbacks: The callbacks of the run.
        validated: Whether there are validation examples.

    Raises:
        ConfigError: Naming the option.
    """
    parts = ("train", "val") if validated else ("train",)
    columns = [f"{part}_{name}" for part in parts for name in setup.problem.metrics]
    for key, user in _watchers(setup, callbacks).items():
        column = user.needs()
        if column is None or column in columns:
            continue
        known = ", ".join(columns)
        remedy = f"monitor another figure ({known})"
        if column.removeprefix("val_") in setup.problem.metrics:
            remedy = f"set validation=0.1 or {remedy}"
        raise ConfigError(f"{type(user).__name__}: this run has no {column}; {remedy}", f"{key}.monitor")


def check_batches(config: Mapping[str, Any], setup: Setup, counts: Counts) -> None:
    """Refuse a batch that is too small for a BatchNorm's standard deviation, as the last one of an epoch may be.

    Raises:
        ConfigError: Naming the layer.
    """
    size = smallest_batch(counts["train"], config)
    for node in setup.graph.nodes:
        positions = prod(node.input_shapes[0][1:]) if node.input_shapes else 1
        measures = isinstance(node.layer, BatchNorm) and not setup.graph.is_frozen(node)
        if measures and size * positions < 2:
            raise ConfigError(
                f"a batch of each epoch has only one of the {counts['train']} training examples, from which "
                f"{node.name} cannot compute a deviation; {_remedy(counts['train'], config)}",
                "batch_size",
            )


def smallest_batch(count: int, config: Mapping[str, Any]) -> int:
    """Return how many examples the smallest batch of an epoch of `count` examples has."""
    batch_size = config["batch_size"]
    step = batch_size * config["accumulate"]
    last = 0 if config.get("drop_last") else count % step
    sizes = [batch_size] if count >= step else []
    if last:  # more than a batch is taken in equal parts
        sizes.append(last // -(-last // batch_size))
    return min(sizes, default=0)


def remarks(config: Mapping[str, Any], setup: Setup, counts: Counts, callbacks: Sequence[Callback]) -> Iterator[str]:
    """Yield a line for each thing that is probably a mistake.

    Args:
        config: The configuration of the run.
        setup: The objects that it describes; it has read the splits.
        counts: How many examples the run uses.
        callbacks: The callbacks of the run.
    """
    batch_size, accumulate = config["batch_size"], config["accumulate"]
    train, available = counts["train"], setup.available
    for part, amount in config["limit"].items():
        if isinstance(amount, int) and amount > available[part]:
            yield f"limit.{part}: {amount:,} is more than there are examples ({available[part]:,}); all are taken"
    if config["validation"] and not available["validation"]:
        yield f"validation: {config['validation']} of so few examples is none; nothing is validated"
    if not counts["test"]:
        yield "there are no test examples; nothing is tested"
    if batch_size > train:
        problem = f"{batch_size:,} is more than there are training examples ({train:,})"
        yield f"batch_size: {problem}; an epoch is a single step"
    elif accumulate > 1 and batch_size * accumulate > train:
        yield (
            f"accumulate: {accumulate} batches of {batch_size} are more than there are training examples ({train:,}); "
            "an epoch is a single step"
        )
    if setup.workers > batch_size:
        yield f"parallel.workers: {setup.workers} are more than the {batch_size} examples of a batch; the rest idles"
    for key, user in _watchers(setup, callbacks).items():
        if remark := user.remark(config["epochs"]):
            yield f"{key}.{remark}"


def _watchers(setup: Setup, callbacks: Sequence[Callback]) -> dict[str, Schedule | Callback]:
    """Return the schedule and the callbacks, which look at figures, by their key in the configuration."""
    named = {child("callbacks", each.name): each for each in callbacks if each.name}
    return {"schedule": setup.schedule, **named}


def _remedy(count: int, config: Mapping[str, Any]) -> str:
    """Return a batch size near the wanted one that leaves no single example."""
    wanted = config["batch_size"]
    larger = range(wanted + 1, wanted + count + 1)
    fits = (size for size in larger if smallest_batch(count, {**config, "batch_size": size}) > 1)
    drop = "drop_last=true or " if "drop_last" in config and count > wanted > 1 else ""
    size = next(fits, None)
    return f"set {drop}batch_size={size}" if size else "take more examples"
