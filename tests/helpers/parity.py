"""Layers against their PyTorch counterparts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.helpers.layers import Shape, SingleLayer
from trainer.models import Layer

TOLERANCE = {"float64": 1e-9, "float32": 1e-4}  # relative to the largest element


def check_parity(
    layer: Layer,
    make_module: Callable[[Any], Any],
    *shapes: Shape,
    batch: int = 3,
    training: bool = True,
    dtype: str = "float64",
    seed: int = 0,
    inputs: list[np.ndarray] | None = None,
    least: float = 1e-3,
) -> None:
    """Compare output, gradients of inputs and parameters, and kept parameters with PyTorch's.

    Args:
        layer: The layer under test.
        make_module: Returns the counterpart, an ``nn.Module`` or a function, given the module ``torch``. Parameters
            are copied by name.
        shapes: Shape of one example of each input.
        batch: Number of examples.
        training: The mode.
        dtype: float32 or float64.
        seed: Of inputs and parameters.
        inputs: Given instead of random ones, batch-last.
        least: Errors are relative to an array's largest element, but at least to this. For gradients that are small
            differences of large terms, give the size of the terms.
    """
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    single = SingleLayer(layer, *shapes, dtype=dtype, seed=seed)
    inputs = single.inputs(batch, seed) if inputs is None else [x.astype(dtype) for x in inputs]
    dy = single.output_gradient(inputs[0].shape[-1], seed)

    module = make_module(torch)
    if isinstance(module, torch.nn.Module):
        module.to(getattr(torch, dtype)).train(training)
        state = module.state_dict() | {s: torch.tensor(array) for s, array in single.parameters.items()}
        module.load_state_dict(state)
    leaves = [torch.tensor(sample_first(x), requires_grad=True) for x in inputs]
    reference = module(*leaves)
    reference.backward(torch.tensor(sample_first(dy)))

    y = single.forward(*inputs, training=training)
    gradients = single.backward(dy)
    check = _Comparison(TOLERANCE[dtype], least)
    check("output", sample_first(y), reference)
    for i, (gradient, leaf) in enumerate(zip(gradients, leaves, strict=True)):
        check(f"gradient of input {i}", sample_first(gradient), leaf.grad)
    for short, gradient in single.gradients.items():
        check(f"gradient of {short}", gradient, getattr(module, short).grad)
    for short in set(single.parameters) - set(single.learned):
        check(short, single.parameters[short], getattr(module, short))


def sample_first(array: np.ndarray) -> np.ndarray:
    """Return an array (..., N) as (N, ...)."""
    return np.ascontiguousarray(np.moveaxis(array, -1, 0))


class _Comparison:
    def __init__(self, tolerance: float, least: float) -> None:
        self.tolerance, self.least = tolerance, least

    def __call__(self, name: str, ours: np.ndarray, reference: Any) -> None:
        theirs = reference.detach().numpy()
        assert ours.dtype == theirs.dtype, f"{name}: dtype {ours.dtype}, PyTorch's {theirs.dtype}"
        largest = float(np.abs(theirs).max(initial=self.least))
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=self.tolerance * largest, err_msg=name)
