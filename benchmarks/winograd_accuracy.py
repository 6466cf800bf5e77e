"""The loss of accuracy by Winograd's transforms.

    python -m benchmarks.winograd_accuracy [--train DATA] [--epochs 2] [--seeds 2] [--quick]

Compares float32 gradients of whole networks, by Winograd and by direct convolution, with float64 ones, and PyTorch's
too if it is installed. With --train it also trains on DATA, e.g. fashion_mnist, with both kernels.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from hydra import compose, initialize_config_dir

from benchmarks.heading import describe_machine
from benchmarks.jobs import Workload, describe
from benchmarks.options import add_options, settle
from benchmarks.tables import save, table
from trainer import CONFIGS
from trainer.compose.schema import validate
from trainer.engine.setup import Setup
from trainer.engine.shard import Shard
from trainer.models.kernels import convolution
from trainer.training.fit import train

MODELS = ("vgg_small", "resnet8", "resnet20")
BATCH = 64


@contextmanager
def direct() -> Iterator[None]:
    """Compute convolutions without Winograd's transforms, within this context."""
    with patch.object(convolution, "LEAST_WORK", 1 << 60):
        yield


def gradients(config: dict[str, Any], precision: str) -> dict[str, np.ndarray]:
    """Return the gradients of the first batch, by the parameters' names."""
    setup = Setup(config | {"precision": precision})
    parameters, loaders = setup.parameters(), {"train": setup.dataset.loader(setup.splits().train)}
    shard = Shard(setup.network, setup.problem, setup.loss, setup.optimizer, parameters, loaders, setup.seed)
    shard.train(np.arange(BATCH), 0.0, 1)
    return {name: parameters.gradient(name).copy() for name, p in parameters.declared.items() if p.trainable}


def pytorch_gradients(config: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return the same gradients from PyTorch in float32."""
    import torch

    from benchmarks.contestants.torch_twin import load_weights, torch_twin

    setup = Setup(config)
    weights, loader = setup.parameters(), setup.dataset.loader(setup.splits().train)
    images = np.empty((*setup.dataset.input_shape, BATCH), np.float32)
    loader.load(np.arange(BATCH), images)
    twin = torch_twin(describe(setup.graph))
    load_weights(twin, {name: weights[name] for name in weights})
    outputs = twin.train()(torch.from_numpy(images.transpose(3, 0, 1, 2).copy()))
    torch.nn.functional.cross_entropy(outputs, torch.from_numpy(loader.targets(np.arange(BATCH)))).backward()
    return {name: parameter.grad.numpy() for name, parameter in twin.named_parameters()}


def error(found: dict[str, np.ndarray], true: dict[str, np.ndarray]) -> float:
    """Return the norm of the difference of all gradients, divided by the norm of the true ones."""
    difference = sum(float(np.sum((found[name] - true[name]) ** 2)) for name in true)
    return (difference / sum(float(np.sum(value**2)) for value in true.values())) ** 0.5


def accuracy(model: str, data: str, epochs: int, seed: int) -> float:
    """Return the test accuracy of a whole run."""
    chosen = [f"model={model}", f"data={data}", f"epochs={epochs}", f"seed={seed}", "parallel.workers=1"]
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        config = validate(compose("config", chosen), chosen)
    with tempfile.TemporaryDirectory() as folder:
        return train(config | {"callbacks": {}}, Path(folder))["test"]["accuracy"]


def main() -> None:
    """Compare, print and save."""
    summary = __doc__.partition("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.winograd_accuracy", description=summary)
    parser.add_argument("--train", metavar="DATA", help="also train on this data")
    parser.add_argument("--epochs", type=int, default=2, help="of each training run (default 2)")
    parser.add_argument("--seeds", type=int, default=2, help="training runs of each network (default 2)")
    add_options(parser, rounds=False)
    options = settle(parser.parse_args())
    described = describe_machine(options)
    rows = []
    for model in MODELS[:1] if options.quick else MODELS:
        config = Workload(model, (f"model={model}",), BATCH).config()
        true = gradients(config, "float64")
        with direct():
            by_columns = error(gradients(config, "float32"), true)
        torch = f"{error(pytorch_gradients(config), true):.1e}" if find_spec("torch") else "–"
        rows.append([model, f"{error(gradients(config, 'float32'), true):.1e}", f"{by_columns:.1e}", torch])
    text = table(["relative error of the gradient", "Winograd", "direct", "PyTorch"], rows)
    runs = []
    for model in MODELS[:2] if options.train else ():
        for seed in range(options.seeds):
            found = []
            for kernel in (nullcontext, direct):
                with kernel():
                    found.append(f"{accuracy(model, options.train, options.epochs, seed):.4f}")
            runs.append([model, seed, *found])
    if runs:
        header = [f"test accuracy after {options.epochs} epochs of {options.train}", "seed", "Winograd", "direct"]
        text += "\n\n" + table(header, runs)
    save("winograd_accuracy", "Accuracy of Winograd's transforms", text, {"gradients": rows, "runs": runs}, described)


if __name__ == "__main__":
    main()
