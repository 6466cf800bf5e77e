"""Stochastic gradient descent."""

import numpy as np

from trainer.ground.options import check_range
from trainer.training.optimizers.optimizer import Elementwise, Groups


class SGD(Elementwise):
    """Stochastic gradient descent with momentum (Sutskever et al. 2013), as torch.optim.SGD without dampening.

        g ← g + weight_decay·p
        b ← momentum·b + g
        p ← p - lr·b                    or, with Nesterov momentum, p ← p - lr·(g + momentum·b)

    Raises:
        ValueError: An option is out of range; names it first.
    """

    def __init__(
        self,
        lr: float = 0.05,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        groups: Groups | None = None,
    ) -> None:
        super().__init__(lr, weight_decay, groups)
        check_range("momentum", momentum, "[0, 1)")
        if nesterov and not momentum:
            raise ValueError("nesterov: needs momentum greater than 0")
        self.momentum = momentum
        self.nesterov = nesterov
        self.slots = ("momentum_buffer",) if momentum else ()

    def _update_chunk(
        self, p: np.ndarray, g: np.ndarray, slots: list[np.ndarray], scratch: np.ndarray, lr: float, step: int
    ) -> None:
        decayed, change = scratch
        if self.weight_decay:
            np.multiply(p, self.weight_decay, out=decayed)
            decayed += g
            g = decayed
        if self.momentum:
            (buffer,) = slots
            buffer *= self.momentum
            buffer += g
            if self.nesterov:
                np.multiply(buffer, self.momentum, out=change)
                change += g
                g = change
            else:
                g = buffer
        np.multiply(g, lr, out=change)
        p -= change
