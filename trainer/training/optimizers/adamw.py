"""Adam with decoupled weight decay."""

from collections.abc import Sequence

import numpy as np

from trainer.training.optimizers.adam import Adam
from trainer.training.optimizers.optimizer import Groups


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters directly (Loshchilov & Hutter 2019), as torch.optim.AdamW.

    p ← p - lr·weight_decay·p, then Adam's step without decay
    """

    def __init__(
        self,
        lr: float = 0.001,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        groups: Groups | None = None,
    ) -> None:
        super().__init__(lr, betas, eps, weight_decay, groups)

    def _decay(self, p: np.ndarray, g: np.ndarray, lr: float, out: np.ndarray) -> np.ndarray:
        p *= 1 - lr * self.weight_decay
        return g
