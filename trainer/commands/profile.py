"""`trainer profile`: where the time of a training step goes."""

import logging
from pathlib import Path
from typing import Any

import numpy as np

from trainer.datasets import batches
from trainer.engine.processes.blas import one_thread
from trainer.engine.setup import Setup
from trainer.engine.shard import Shard
from trainer.engine.stopwatch import Stopwatch
from trainer.ground.files import replacing
from trainer.ground.streams import stream
from trainer.ground.text import table

WARM_UP, STEPS = 3, 30

log = logging.getLogger("trainer")


def profile(config: dict[str, Any], directory: Path) -> None:
    """Time some training steps of one worker, node by node; show the table and write it to profile.txt.

    A row is a layer, or the layers of a chain that one node computes.
    """
    setup = Setup(config)
    splits = setup.splits()
    watch = Stopwatch()
    loaders = setup.loaders(splits)
    network = watch.timed(setup.network)
    shard = Shard(network, setup.problem, setup.loss, setup.optimizer, setup.parameters(), loaders, setup.seed)
    watch.watch(loaders["train"], "load", "load")
    watch.watch(setup.loss, "forward", "loss forward")
    watch.watch(setup.loss, "backward", "loss backward")
    watch.watch(setup.optimizer, "update", "update")
    watch.watch(shard, "train", "step")
    with one_thread(), np.errstate(all="ignore"):  # as in a worker
        _train(shard, len(splits.train), config["batch_size"], setup, watch)
    text = _table(setup, watch, min(config["batch_size"], len(splits.train)))
    with replacing(directory / "profile.txt") as path:
        path.write_text(text + "\n", encoding="utf-8")
    log.info("%s", text)


def _train(shard: Shard, count: int, batch_size: int, setup: Setup, watch: Stopwatch) -> None:
    step = 0
    while True:
        for indices in batches(count, batch_size, stream(setup.seed, f"shuffle {step}")):
            step += 1
            shard.train(indices, setup.optimizer.lr, step)
            if step == WARM_UP:
                watch.clear()
            if step == WARM_UP + STEPS:
                return


def _table(setup: Setup, watch: Stopwatch, batch: int) -> str:
    whole = watch.seconds("step")
    rows = [("node", "type", "forward ms", "backward ms", "share", "GFLOP/s")]

    def add(name: str, kind: str, forward: float, backward: float, operations: float = 0) -> None:
        spent = forward + backward
        speed = f"{operations / spent / 1e9:.1f}" if operations else ""
        milliseconds = [f"{1e3 * seconds:.3f}" if seconds else "" for seconds in (forward, backward)]
        rows.append((name, kind, *milliseconds, f"{spent / whole:.1%}", speed))

    add("batch", "load and normalise", watch.seconds("load"), 0)
    for node in setup.network.nodes:
        products = 3 if setup.network.needs_input_gradient(node) else 2  # forward, gradient of the weight, of the input
        operations = 2 * products * batch * sum(layer.layer.macs(*layer.input_shapes) for layer in node.own)
        add(node.label, "fused" if node.parts else node.kind, *watch.passes(node), operations)
    add("loss", type(setup.loss).__name__, watch.seconds("loss forward"), watch.seconds("loss backward"))
    add("update", type(setup.optimizer).__name__, 0, watch.seconds("update"))
    add("step", f"median of {STEPS}, batch {batch}, one worker", whole, 0)
    text = table(rows, left=(0, 1))
    if any(node.parts for node in setup.network.nodes):
        text += "\n\nfused: several layers computed as one node (models/fused.py); fuse=false times each by itself"
    return text
