"""A single convolution, by the method that the first flag names: naive, im2col, ours or torch.

A second flag is `inference`, for torch without recording gradients, or `gradients`, for ours and torch with the
gradients of input, weight and bias.
"""

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contestants.protocol import Contestant, relative_error, serve

Operands = tuple[np.ndarray, np.ndarray, np.ndarray]


class OneConvolution(Contestant):
    """A step is one call, on an input in the layout that the method uses between layers."""

    def __init__(self, folder: Path, job: dict[str, Any], flags: tuple[str, ...]) -> None:
        kind, *options = flags
        make = {"naive": _loops, "im2col": _im2col, "ours": _ours, "torch": _torch}[kind]
        self.folder = folder
        self.call, self.output = make(operands(job["case"]), job["case"], *options)

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.call()

    def check(self) -> float:
        self.call()
        return relative_error(self.output(), np.load(self.folder / "output.npy"))


def operands(case: Mapping[str, int]) -> Operands:
    """Return input (N, C, H, W), weight (O, C, k, k) and bias (O) of a case, always the same."""
    rng = np.random.default_rng(0)
    size, kernel = (case["size"],) * 2, (case["kernel"],) * 2
    x = rng.standard_normal((case["batch"], case["channels"], *size), np.float32)
    weight = rng.standard_normal((case["out_channels"], case["channels"], *kernel), np.float32)
    return x, weight, rng.standard_normal(case["out_channels"], np.float32)


Made = tuple[Callable[[], Any], Callable[[], np.ndarray]]  # the call, and its output batch-first


def _loops(given: Operands, case: Mapping[str, int]) -> Made:
    from trainer.models.kernels.reference import conv2d_naive

    return _function(conv2d_naive, given, case)


def _im2col(given: Operands, case: Mapping[str, int]) -> Made:
    from trainer.models.kernels.reference import conv2d_im2col

    return _function(conv2d_im2col, given, case)


def _function(function: Callable[..., np.ndarray], given: Operands, case: Mapping[str, int]) -> Made:
    call = partial(function, *given, case["stride"], case["padding"])
    return call, call


def _ours(given: Operands, case: Mapping[str, int], gradients: str = "") -> Made:
    from trainer.models import Conv2d, GraphBuilder, ParameterStore, Step, Workspace

    x, weight, bias = given
    builder = GraphBuilder({"input": x.shape[1:]})
    layer = Conv2d(len(weight), case["kernel"], case["stride"], case["padding"])
    builder.add("conv", layer, ["input"])
    graph = builder.finish()
    parameters = ParameterStore(graph.parameters)
    np.copyto(parameters["conv.weight"], weight)
    np.copyto(parameters["conv.bias"], bias)
    workspace = Workspace(graph, parameters, input_gradients=True)
    x = np.ascontiguousarray(x.transpose(1, 2, 3, 0))
    step = Step(batch=x.shape[-1], offset=0, training=bool(gradients))
    dy = np.ones_like(graph.forward(workspace, x, step=step))

    def forward() -> np.ndarray:
        return graph.forward(workspace, x, step=step)

    def both() -> None:
        graph.forward(workspace, x, step=step)
        graph.backward(workspace, dy)

    return both if gradients else forward, lambda: forward().transpose(3, 0, 1, 2)


def _torch(given: Operands, case: Mapping[str, int], mode: str = "") -> Made:
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    x, weight, bias = map(torch.from_numpy, given)
    layer = torch.nn.Conv2d(x.shape[1], len(weight), case["kernel"], case["stride"], case["padding"])
    layer.load_state_dict({"weight": weight, "bias": bias})
    if mode == "gradients":
        x.requires_grad_()
    dy = torch.ones_like(layer(x))

    def forward() -> Any:
        return layer(x)

    def both() -> None:
        x.grad = layer.weight.grad = layer.bias.grad = None
        layer(x).backward(dy)

    calls = {"": forward, "inference": torch.inference_mode()(forward), "gradients": both}
    return calls[mode], lambda: forward().detach().numpy()


if __name__ == "__main__":
    serve(OneConvolution)
