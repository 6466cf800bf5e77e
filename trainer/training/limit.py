"""Limits the number of examples, for a quick try or to see whether a network can learn at all."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from trainer.datasets import Fold, Splits
from trainer.ground.streams import stream
from trainer.ground.values import ConfigError, child, suggestion

PARTS = ("train", "validation", "test")

Limit = Mapping[str, float | None]
"""For each part the number of examples (int) or their share (float); None: all."""


def check_limit(limit: Mapping[str, Any], key: str = "limit") -> None:
    """Raise ConfigError for parts other than train, validation and test, or amounts other than those of `Limit`."""
    for part, amount in limit.items():
        if part not in PARTS:
            raise ConfigError(f"no option '{part}'{suggestion(part, PARTS)}", child(key, part))
        number = isinstance(amount, int) and not isinstance(amount, bool) and amount >= 1
        share = isinstance(amount, float) and 0 < amount <= 1
        if not (amount is None or number or share):
            problem = f"{amount} is neither a number of examples, such as 500, nor a share, such as 0.1; null takes all"
            raise ConfigError(problem, child(key, part))


def held_out(config: Mapping[str, Any]) -> float | Fold:
    """Return what a run validates on: a fold where the configuration names one, else a share. Raises ConfigError."""
    if config.get("fold") is None:
        share: float = config["validation"]
        return share
    try:
        return Fold.from_text(str(config["fold"]))
    except ValueError as error:
        raise ConfigError(str(error).removeprefix("fold: "), "fold") from error


def limited(splits: Splits, limit: Limit, seed: int) -> Splits:
    """Return as much of each part as `limit` says, drawn at random but always the same for a seed."""
    parts = {part: getattr(splits, part) for part in PARTS}
    for part, amount in limit.items():
        total = len(parts[part])
        count = total if amount is None else amount if isinstance(amount, int) else max(1, round(amount * total))
        if count < total:
            parts[part] = parts[part].subset(np.sort(stream(seed, f"limit {part}").permutation(total)[:count]))
    return Splits(**parts)
