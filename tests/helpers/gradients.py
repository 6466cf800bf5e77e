"""Hand-derived gradients against central differences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.helpers.layers import Shape, SingleLayer
from trainer.models import Layer

STEP = 1e-5


def check_gradients(
    layer: Layer,
    *shapes: Shape,
    batch: int = 3,
    training: bool = True,
    seed: int = 0,
    inputs: list[np.ndarray] | None = None,
    tolerance: float = 1e-6,
) -> None:
    """Check a layer's gradients of every input and every learned parameter, in float64.

    The loss is the sum of the outputs times random numbers.

    Args:
        layer: The layer under test.
        shapes: Shape of one example of each input.
        batch: Number of examples.
        training: The mode.
        seed: Of inputs, parameters and the random numbers of the loss.
        inputs: Given instead of random ones; they must keep away from kinks.
        tolerance: Largest error, relative to the largest element of the gradient (or 1).

    Raises:
        AssertionError: A gradient is wrong; names the place and both values.
    """
    single = SingleLayer(layer, *shapes, seed=seed)
    inputs = single.inputs(batch, seed) if inputs is None else [x.copy() for x in inputs]
    dy = single.output_gradient(inputs[0].shape[-1], seed)

    def loss() -> float:
        return float(np.vdot(single.forward(*inputs, training=training), dy))

    loss()
    derived = {f"input {i}": dx.copy() for i, dx in enumerate(single.backward(dy))}
    arrays = dict(zip(derived, inputs, strict=False))  # integers have no gradient
    derived |= {short: gradient.copy() for short, gradient in single.gradients.items()}
    arrays |= {short: single.parameters[short] for short in single.learned}
    for name, array in arrays.items():
        compare(name, derived[name], central_differences(loss, array), tolerance)


def central_differences(loss: Callable[[], float], array: np.ndarray) -> np.ndarray:
    """Return the gradient of ``loss()`` by ``array``, whose elements are changed in place and restored."""
    gradient = np.empty_like(array)
    for place in np.ndindex(array.shape):
        value = array[place]
        array[place] = value + STEP
        above = loss()
        array[place] = value - STEP
        below = loss()
        array[place] = value
        gradient[place] = (above - below) / (2 * STEP)
    return gradient


def compare(name: str, derived: np.ndarray, numeric: np.ndarray, tolerance: float) -> None:
    """Raise AssertionError, with the place of the largest error, if that exceeds the tolerance."""
    assert derived.shape == numeric.shape, f"gradient of {name} has shape {derived.shape}, its array {numeric.shape}"
    if not derived.size:
        return
    error = np.abs(derived - numeric)
    place = np.unravel_index(np.argmax(np.where(np.isnan(error), np.inf, error)), error.shape)
    allowed = tolerance * max(1.0, float(np.abs(numeric).max()))
    assert error[place] <= allowed, (
        f"gradient of {name}{[int(i) for i in place]}: analytic {derived[place]:.12g}, "
        f"numeric {numeric[place]:.12g}, error {error[place]:.3g} > {allowed:.3g}"
    )
