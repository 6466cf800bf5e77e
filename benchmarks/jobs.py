"""Jobs for contestants: a network with its data, initial weights and reference gradients, as plain files.

A network is written once, in configs/model. The other libraries build theirs from the description in job.json, so their
processes import nothing of ours.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from hydra import compose, initialize_config_dir

from trainer import CONFIGS  # first: makes `models` and `datasets` mean ours

# isort: split
from trainer.compose.schema import validate
from trainer.engine.setup import Setup
from trainer.engine.shard import Shard
from trainer.ground.streams import stream
from trainer.ground.targets import options
from trainer.models import Expression, Graph, Layer

BATCHES = 8  # random batches that a contestant uses in turn, so that no cache holds all of them


@dataclass(frozen=True)
class Workload:
    """The work of every contestant.

    Attributes:
        overrides: Of the configuration.
        training: Whole steps; else only predictions.
        examples: Number of random images; 0 uses the data of the configuration.
    """

    name: str
    overrides: tuple[str, ...]
    batch: int
    training: bool = True
    examples: int = -1
    shape: tuple[int, ...] = (1, 28, 28)

    def config(self) -> dict[str, Any]:
        """Return the checked configuration."""
        overrides = [f"batch_size={self.batch}", "validation=0", *self.overrides]
        with initialize_config_dir(str(CONFIGS), version_base="1.3"):
            config = validate(compose("config", overrides), overrides)
        if self.examples:
            examples = self.examples if self.examples > 0 else BATCHES * self.batch
            images = {"shape": list(self.shape), "num_classes": 10, "examples": examples}
            config["data"] = {"_target_": "benchmarks.data.RandomImages", **images}
            config["allow"] = ("benchmarks",)
        return config


def write_job(workload: Workload, folder: Path, epochs: int = 0) -> dict[str, Any]:
    """Write job.json and the arrays that it names to `folder`, and return the job.

    With `epochs`, the job also contains the test examples, the order of the examples in each epoch and the learning
    rate of every step.
    """
    config = workload.config()
    setup = Setup({**config, "fuse": False})
    splits, weights = setup.splits(), setup.parameters()
    np.save(folder / "images.npy", splits.train.inputs)
    np.save(folder / "labels.npy", splits.train.targets)
    np.savez(folder / "weights.npz", **{name: weights[name] for name in weights})
    np.savez(folder / "gradients.npz", **_reference_gradients(config, workload.batch))
    if epochs:
        np.save(folder / "test_images.npy", splits.test.inputs)
        np.save(folder / "test_labels.npy", splits.test.targets)
        count = len(splits.train)
        orders = [stream(setup.seed, f"shuffle {epoch}").permutation(count) for epoch in range(epochs)]
        np.save(folder / "orders.npy", np.array(orders, np.int32))
        steps = -(-count // workload.batch)
        factors = [setup.schedule(step, steps, epochs) for step in range(steps * epochs)]
        np.save(folder / "rates.npy", setup.optimizer.lr * np.array(factors))
    optimizer = dict(config["optimizer"])
    if optimizer.pop("groups", None):
        raise ValueError("optimizer.groups: the other libraries are given one group; leave it out")
    job = {
        "workload": asdict(workload),
        "epochs": epochs,
        "nodes": describe(setup.graph),
        "optimizer": {"name": optimizer.pop("_target_").rpartition(".")[2], "options": optimizer},
        "label_smoothing": setup.loss.label_smoothing,
        "mean": setup.dataset.mean,
        "std": setup.dataset.std,
        "flops": workload.batch * flops_per_example(setup.graph, workload.training),
    }
    (folder / "job.json").write_text(json.dumps(job))
    return job


def describe(graph: Graph) -> list[dict[str, Any]]:
    """Return the nodes of a graph in order, each with name, layer type, options, inputs, shapes and parameters.

    `parameters` maps short names to full ones, {"weight": "conv1.weight"}; nodes that share a parameter give the same
    full name. The graph's own inputs come first, with the type Input and no inputs.
    """
    described = [{"name": name, "type": "Input", "options": {}, "inputs": [], "shapes": []} for name in graph.inputs]
    described += (
        {
            "name": node.name,
            "type": type(node.layer).__name__,
            "options": _options(node.layer),
            "inputs": node.inputs,
            "shapes": node.input_shapes,
            "parameters": dict(node.parameters),
        }
        for node in graph.nodes
    )
    return described


def flops_per_example(graph: Graph, training: bool) -> int:
    """Return the floating-point operations in matrix products and convolutions, by definition, however computed.

    The forward pass, the gradient of the weights and, where needed, the gradient of the input count the same each.
    """
    total = 0
    for node in graph.nodes:
        passes = 2 + graph.needs_input_gradient(node) if training else 1
        total += 2 * passes * node.layer.macs(*node.input_shapes)
    return total


def _options(layer: Layer) -> dict[str, Any]:
    if isinstance(layer, Expression):  # it keeps its options under other names
        parameters = {"parameters": layer.scalars, "channel_parameters": layer.channels}
        return {"formula": layer.formula.text, **parameters, "names": layer.names}
    accepted = [name for name in options(type(layer)) if name != "initializer" and hasattr(layer, name)]
    return {name: getattr(layer, name) for name in accepted}


def _reference_gradients(config: Mapping[str, Any], batch: int) -> dict[str, np.ndarray]:
    """Return the gradients that our engine finds on the first batch, without dropout."""
    setup = Setup(_without_dropout(config))
    loaders = {"train": setup.dataset.loader(setup.splits().train)}
    parameters = setup.parameters()
    shard = Shard(setup.graph, setup.problem, setup.loss, setup.optimizer, parameters, loaders, setup.seed)
    shard.train(np.arange(batch), lr=0.0, step=1)
    return {name: parameters.gradient(name) for name, p in parameters.declared.items() if p.trainable}


def _without_dropout(spec: Any) -> Any:
    if not isinstance(spec, Mapping):
        return spec
    if spec.get("_target_") == "models.Dropout":
        return {**spec, "p": 0.0}
    return {key: _without_dropout(value) for key, value in spec.items()}
