"""Adam."""

from collections.abc import Sequence
from math import sqrt

import numpy as np

from trainer.ground.options import check_range
from trainer.training.optimizers.optimizer import Elementwise, Groups


class Adam(Elementwise):
    """Adam (Kingma & Ba 2015, algorithm 1), as torch.optim.Adam; weight decay is added to the gradient.

        m ← β₁·m + (1-β₁)·g             m̂ = m / (1-β₁ᵗ)
        v ← β₂·v + (1-β₂)·g²            v̂ = v / (1-β₂ᵗ)
        p ← p - lr·m̂ / (√v̂ + eps)

    The slots hold the discounted sums m/(1-β₁) and v/(1-β₂): their constant factors join the bias corrections in the
    two scalars of the last line, which saves two passes over the arrays.

    Raises:
        ValueError: An option is out of range; names it first.
    """

    slots = ("gradient_sum", "square_sum")

    def __init__(
        self,
        lr: float = 0.001,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        groups: Groups | None = None,
    ) -> None:
        super().__init__(lr, weight_decay, groups)
        if isinstance(betas, (str, float, int)) or len(betas) != 2:
            raise ValueError(f"betas: {betas!r} is not a pair of numbers")
        for beta in betas:
            check_range("betas", beta, "[0, 1)")
        check_range("eps", eps, "[0, inf)")
        self.betas = tuple(betas)
        self.eps = eps

    def _update_chunk(
        self, p: np.ndarray, g: np.ndarray, slots: list[np.ndarray], scratch: np.ndarray, lr: float, step: int
    ) -> None:
        decayed, change = scratch
        if self.weight_decay:
            g = self._decay(p, g, lr, out=decayed)
        beta1, beta2 = self.betas
        gradient_sum, square_sum = slots
        gradient_sum *= beta1
        gradient_sum += g
        square_sum *= beta2
        np.multiply(g, g, out=change)
        square_sum += change

        # √v̂ + eps = root_scale·(√square_sum + eps/root_scale)
        root_scale = sqrt((1 - beta2) / (1 - beta2**step))
        np.sqrt(square_sum, out=change)
        change += self.eps / root_scale
        np.divide(gradient_sum, change, out=change)
        change *= lr * (1 - beta1) / (1 - beta1**step) / root_scale
        p -= change

    def _decay(self, p: np.ndarray, g: np.ndarray, lr: float, out: np.ndarray) -> np.ndarray:
        """Apply the weight decay and return the gradient to use from here on, which may be `out`."""
        np.multiply(p, self.weight_decay, out=out)
        out += g
        return out
