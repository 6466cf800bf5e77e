"""The networks of configs/model as cases."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.helpers.runs import composed
from tests.random_networks.case import Case
from tests.random_networks.stack import make
from trainer import CONFIGS, models

LOOK_UP = {"char_mlp", "table_mlp"}  # need integers, but these cases have floats
NAMES = sorted({path.stem for path in (CONFIGS / "model").glob("*.yaml")} - LOOK_UP)
OTHER_DATA = {"shallow_cnn": ("experiment=shallow_cnn", (1, 6, 6), 1)}  # overrides, shape of an input, outputs


def shipped(name: str, batches: Sequence[int]) -> Case:
    """Return a shipped network with a training step of each batch size and, after every second, an evaluation.

    The evaluation has the next step's batch size. Dropout lets everything pass. A batch that BatchNorm cannot normalise
    becomes one of two examples.
    """
    override, shape, classes = OTHER_DATA.get(name, (f"model={name}", (1, 28, 28), 10))
    config = composed(override, *(() if name in OTHER_DATA else ("loss=cross_entropy",)))
    layers = _without_dropout(config["model"]["layers"])
    nodes = models.build(layers, shape, make).nodes
    places = [math.prod(node.input_shapes[0][1:]) for node in nodes if isinstance(node.layer, models.BatchNorm)]
    least = 2 if 1 in places else 1
    steps = []
    for number, batch in enumerate(batches):
        steps.append(f"train {max(batch, least)}")
        if number % 2:
            steps.append(f"evaluate {batches[(number + 1) % len(batches)]}")
    optimizer = {"_target_": "trainer.optimizers.SGD", "lr": 0.01, "momentum": 0.9}
    return Case(0, shape, classes, name not in OTHER_DATA, layers, config["loss"], optimizer, tuple(steps))


def ways(case: Case) -> list[Case]:
    """Return the case with one worker and with two, fused and not."""
    return [replace(case, workers=workers, fuse=fuse) for workers in (1, 2) for fuse in (False, True)]


def _without_dropout(declared: Any) -> Any:
    if not isinstance(declared, Mapping):
        return declared
    if declared.get("_target_") == "models.Dropout":
        return {**declared, "p": 0.0}
    return {option: _without_dropout(value) for option, value in declared.items()}
