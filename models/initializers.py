"""Initial values of parameters: one class for each distribution, which draws from the generator it is given."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np

from trainer.ground.options import check_range
from trainer.models.shape import Shape


class Initializer(ABC):
    """A distribution over arrays of a shape."""

    @abstractmethod
    def __call__(self, shape: Shape, generator: np.random.Generator) -> np.ndarray:
        """Return a float64 array of ``shape``."""


class Constant(Initializer):
    """The same value for every element."""

    def __init__(self, value: float = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Shape, generator: np.random.Generator) -> np.ndarray:
        return np.full(shape, float(self.value))


class Zeros(Constant):
    """All zeros, as for biases."""

    def __init__(self) -> None:
        super().__init__(0.0)


class Ones(Constant):
    """All ones, as for BatchNorm's weight."""

    def __init__(self) -> None:
        super().__init__(1.0)


class Normal(Initializer):
    """Gaussian with mean 0 and standard deviation ``std``."""

    def __init__(self, std: float = 0.01) -> None:
        check_range("std", std, "[0, inf)")
        self.std = std

    def __call__(self, shape: Shape, generator: np.random.Generator) -> np.ndarray:
        return generator.normal(0.0, self.std, shape)


class Uniform(Initializer):
    """Uniform over [-bound, bound]."""

    def __init__(self, bound: float = 0.05) -> None:
        check_range("bound", bound, "[0, inf)")
        self.bound = bound

    def __call__(self, shape: Shape, generator: np.random.Generator) -> np.ndarray:
        return generator.uniform(-self.bound, self.bound, shape)


class XavierUniform(Initializer):
    """Uniform with variance 2 / (fan_in + fan_out) (Glorot and Bengio 2010), for tanh and sigmoid."""

    def __init__(self, gain: float = 1.0) -> None:
        check_range("gain", gain, "[0, inf)")
        self.gain = gain

    def __call__(self, shape: Shape, generator: np.random.Generator) -> np.ndarray:
        bound = self.gain * math.sqrt(6.0 / sum(fans(shape)))
        return generator.uniform(-bound, bound, shape)


class XavierNormal(Initializer):
    """Gaussian with variance 2 / (fan_in + fan_out) (Glorot and Bengio 2010)."""

    def __init__(self, gain: float = 1.0) -> None:
        check_range("gain", gain, "[0, inf)")
        self.gain = gain

    def __call__(self, shape: Shape, generator: np.random.Generator) -> np.ndarray:
        return generator.normal(0.0, self.gain * math.sqrt(2.0 / sum(fans(shape))), shape)


class HeUniform(Initializer):
    """Uniform with variance 2 / fan_in (He et al. 2015), for ReLU."""

    def __call__(self, shape: Shape, generator: np.random.Generator) -> np.ndarray:
        bound = math.sqrt(6.0 / fans(shape)[0])
        return generator.uniform(-bound, bound, shape)


class HeNormal(Initializer):
    """Gaussian with variance 2 / fan_in (He et al. 2015), for ReLU."""

    def __call__(self, shape: Shape, generator: np.random.Generator) -> np.ndarray:
        return generator.normal(0.0, math.sqrt(2.0 / fans(shape)[0]), shape)


def fans(shape: Shape) -> tuple[int, int]:
    """Return, for a weight (out, in, *kernel), how many inputs reach an output and how many outputs an input."""
    if len(shape) < 2:
        raise ValueError(f"Xavier and He initial values need a weight of two or more axes, got the shape {shape}")
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel
