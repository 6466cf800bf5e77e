"""Run directories made without training."""

from copy import deepcopy
from functools import cache
from pathlib import Path

import numpy as np
from hydra import compose, initialize_config_dir

from trainer import CONFIGS
from trainer.compose.schema import validate
from trainer.engine.setup import Setup
from trainer.models import Workspace
from trainer.runs import checkpoint
from trainer.runs.network import Network

TINY = ("model=mlp", "model.layers.fc1.out_features=16", "model.layers.fc2.out_features=32", "~data.transforms.resize")


def composed(*overrides: str) -> dict:
    """Return the checked configuration of these overrides; Hydra, which takes 0.1 s, composes each only once."""
    return deepcopy(_composed(overrides))


@cache
def _composed(overrides: tuple[str, ...]) -> dict:
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        return validate(compose("config", list(overrides)), overrides)


def make_run(directory: Path, *overrides: str, name: str = "best", config: dict | None = None) -> Path:
    """Return a run directory with one checkpoint of initial weights, where biases and running statistics are random."""
    config = config or composed(*overrides)
    setup = Setup(config)
    store = setup.parameters()
    rng = np.random.default_rng(0)
    for parameter in store:
        if parameter.endswith(("bias", "running_mean", "running_var")):
            store[parameter][...] = rng.uniform(0.5, 1.5, store[parameter].shape)
    write_checkpoint(directory / "checkpoints" / f"{name}.safetensors", config, {p: store[p] for p in store})
    return directory


def write_checkpoint(path: Path, config: dict, tensors: dict[str, np.ndarray]) -> None:
    metadata = {
        "config": config,
        "fingerprint": "",
        "epoch": 1,
        "step": 2,
        "steps_per_epoch": 2,
        "tally": {},
        "seconds": {},
        "history": [{"epoch": 1}],
        "best": None,
        "generators": {},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    checkpoint.write(checkpoint.Checkpoint(tensors, metadata), path)


def reference(network: Network, inputs: np.ndarray) -> np.ndarray:
    """Return outputs (N, K) for normalised inputs (N, *shape)."""
    workspace = Workspace(network.graph, network.parameters)
    return network.graph.forward(workspace, np.ascontiguousarray(np.moveaxis(inputs, 0, -1))).T.copy()
