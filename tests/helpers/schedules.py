"""Learning rates over a run, ours and PyTorch's."""

import numpy as np
import pytest
from hypothesis import strategies as st

from trainer.training.schedules import Schedule

BASE = 0.2
lengths = st.tuples(st.integers(1, 30), st.integers(1, 8))  # steps per epoch, epochs


def factors(schedule: Schedule, steps_per_epoch: int, epochs: int) -> list[float]:
    return [schedule(step, steps_per_epoch, epochs) for step in range(steps_per_epoch * epochs)]


def torch_factors(build, steps: int, steps_per_update: int = 1, lr: float = BASE) -> list[float]:
    """Return learning rate / base rate at every step of a torch scheduler that advances every `steps_per_update`."""
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = build(torch.optim.lr_scheduler, optimizer)
    found = []
    for step in range(steps):
        found.append(optimizer.param_groups[0]["lr"] / BASE)
        optimizer.step()
        if (step + 1) % steps_per_update == 0 and step + 1 < steps:
            scheduler.step()
    return found


def assert_same(ours: list[float], theirs: list[float]) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)
