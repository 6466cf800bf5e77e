"""The optimizer contract: one elementwise rule over flat arrays."""

from abc import ABC, abstractmethod

import numpy as np

from trainer.ground.options import check_range

CHUNK = 1 << 17  # elements; smaller chunks stay in nearer caches, but cost more calls than that saves


class Optimizer(ABC):
    """An elementwise update rule.

    All parameters of a network are one flat array, and so are their gradients and every state array ("slot") of the
    rule. A rule is elementwise, so updating a slice of all arrays equals updating that slice of the whole: workers
    share the work by owning slices.
    """

    slots: tuple[str, ...] = ()

    def __init__(self, lr: float, weight_decay: float = 0.0) -> None:
        check_range("lr", lr, "[0, inf)")
        check_range("weight_decay", weight_decay, "[0, inf)")
        self.lr = lr
        self.weight_decay = weight_decay
        self._scratch: dict[np.dtype, np.ndarray] = {}

    def create_state(self, size: int, dtype: np.dtype) -> dict[str, np.ndarray]:
        """The state before the first step: an array of `size` zeros for each slot."""
        return {name: np.zeros(size, dtype) for name in self.slots}

    def update(
        self,
        parameters: np.ndarray,
        gradients: np.ndarray,
        state: dict[str, np.ndarray],
        lr: float,
        step: int,
    ) -> None:
        """Change parameters and state in place by one step; gradients stay as they are.

        All arrays are 1-D, contiguous, of one size and one floating dtype. `lr` is the learning rate of this step
        (base rate times schedule), `step` counts from 1.
        """
        size, dtype = parameters.size, parameters.dtype
        if dtype not in self._scratch:
            self._scratch[dtype] = np.empty((2, CHUNK), dtype)
        scratch = self._scratch[dtype]
        slots = [state[name] for name in self.slots]
        lr = float(lr)  # unlike a NumPy scalar, a Python float never widens a float32 operation
        for start in range(0, size, CHUNK):
            stop = min(start + CHUNK, size)
            self._update_chunk(
                parameters[start:stop],
                gradients[start:stop],
                [slot[start:stop] for slot in slots],
                scratch[:, : stop - start],
                lr,
                step,
            )

    @abstractmethod
    def _update_chunk(
        self, p: np.ndarray, g: np.ndarray, slots: list[np.ndarray], scratch: np.ndarray, lr: float, step: int
    ) -> None:
        """Update the chunk `p` and its slots in place from the gradients `g`; scratch is two arrays of its size."""
