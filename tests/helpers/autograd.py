"""The test that every differentiable function must pass."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import settings

from trainer.models.autograd import Variable, grad
from trainer.models.autograd.variable import history

STEP = 1e-5
few = settings(max_examples=8)  # enough for seeds and a handful of shapes; each example is checked twice


def check_function(ours: Callable, theirs: Callable | None, *arrays: np.ndarray, second: bool = True) -> None:
    """Compare ``ours`` at float64 ``arrays`` with ``theirs`` in PyTorch (unless None) and with central differences.

    It compares the value, the gradient of a randomly weighted sum of the value and, if ``second`` is true, the gradient
    of a randomly weighted sum of that gradient. Neither walk may write to an array, and a float32 computation must stay
    float32 in every step, whatever the dtype of the weights.
    """
    before = [array.copy() for array in arrays]
    rng = np.random.default_rng(0)
    seed = rng.normal(size=ours(*arrays).shape)
    seeds = [rng.normal(size=array.shape) for array in arrays]

    def gradients(*inputs: np.ndarray) -> tuple[list[Variable], list[Variable]]:
        variables = [Variable(x) for x in inputs]
        return variables, grad(ours(*variables), variables, create_graph=second, gradient=seed)

    variables, first = gradients(*arrays)
    expected = [ours(*arrays).data, *(g.data for g in first)]
    compare(expected[1:], differences(lambda *x: np.sum(ours(*x).data * seed), arrays), "differences")
    if second:
        total = sum((g * s).sum() for g, s in zip(first, seeds, strict=True))
        expected += [g.data for g in grad(total, variables)]
        sums = lambda *x: sum(np.sum(g.data * s) for g, s in zip(gradients(*x)[1], seeds, strict=True))  # noqa: E731
        compare(expected[1 + len(arrays) :], differences(sums, arrays), "differences of gradients")
    if theirs is not None:
        compare(expected, torch_results(theirs, arrays, seed, seeds, second), "PyTorch", 1e-9)
    for array, old in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, old, err_msg="an input was written to")
    variables, first = gradients(*(array.astype(np.float32) for array in arrays))
    results = [*first]
    if second:
        total = sum((g * s).sum() for g, s in zip(first, seeds, strict=True))
        results += [total, *grad(total, variables)]
        results += [x for function in history(total) for x in function.inputs if not x.weak]
    assert {x.dtype for x in results} == {np.dtype(np.float32)}


def compare(ours: list[np.ndarray], theirs: list[np.ndarray], what: str, tolerance: float = 1e-5) -> None:
    for index, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance, err_msg=f"result {index} against {what}")


def differences(value: Callable[..., float], arrays: tuple[np.ndarray, ...]) -> list[np.ndarray]:
    """Return the gradient of a number by each array, by central differences."""
    gradients = []
    for position, array in enumerate(arrays):
        gradient = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            ends = []
            for step in (STEP, -STEP):
                moved = [x.copy() for x in arrays]
                moved[position][index] += step
                ends.append(value(*moved))
            gradient[index] = (ends[0] - ends[1]) / (2 * STEP)
        gradients.append(gradient)
    return gradients


def torch_results(theirs: Callable, arrays: tuple, seed: np.ndarray, seeds: list, second: bool) -> list[np.ndarray]:
    torch = pytest.importorskip("torch")
    inputs = [torch.tensor(array, requires_grad=True) for array in arrays]
    y = theirs(*inputs)
    zeros = {"allow_unused": True, "materialize_grads": True}
    first = torch.autograd.grad((y * torch.tensor(seed)).sum(), inputs, create_graph=second, **zeros)
    results = [y, *first]
    if second:
        total = sum((g * torch.tensor(s)).sum() for g, s in zip(first, seeds, strict=True))
        results += torch.autograd.grad(total, inputs, **zeros) if total.requires_grad else map(torch.zeros_like, inputs)
    return [result.numpy(force=True) for result in results]
