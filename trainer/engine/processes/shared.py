"""What the workers of a run share: parameters, gradients, the optimizer's state and the examples."""

from collections.abc import Callable

import numpy as np

from trainer.datasets import Splits
from trainer.datasets.handover import describe, restore
from trainer.engine.processes.communicator import SharedMemoryCommunicator, share
from trainer.engine.processes.mailbox import Mailbox
from trainer.engine.processes.memory import Layout
from trainer.engine.setup import Setup
from trainer.engine.shard import SPLITS, Generators, Shard
from trainer.models import ParameterStore


def numbers(parameters: ParameterStore, state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays that training changes, by the names that `shard` knows."""
    return {"data": parameters.data, "kept": parameters.kept} | {f"state {name}": slot for name, slot in state.items()}


def examples(splits: Splits) -> tuple[bytes, dict[str, np.ndarray]]:
    """Return a description of the splits, and their arrays in memory by the names that `shard` knows."""
    description, arrays = describe([getattr(splits, name) for name in SPLITS])
    return description, {f"examples {number}": array for number, array in enumerate(arrays)}


def layout(arrays: dict[str, np.ndarray], size: int, longest: int) -> Layout:
    """Return the layout of `arrays`, the gradients of `size` workers, and their messages about `longest` examples."""
    described = {name: (array.shape, array.dtype.str) for name, array in arrays.items()}
    gradients = {f"gradients {rank}": described["data"] for rank in range(size)}
    return {**Mailbox.layout(size, longest), **SharedMemoryCommunicator.layout(size), **gradients, **described}


def shard(
    setup: Setup,
    arrays: dict[str, np.ndarray],
    description: bytes,
    rank: int,
    size: int,
    check: Callable[[], None],
    generators: Generators | None = None,
) -> Shard:
    """Return worker `rank`'s shard of every batch, on the shared `arrays` and the splits of `description`.

    The arrays of the examples must be filled. Making a parameter store zeroes the parameters: fill these only after all
    workers have called this.
    """
    gradients = [arrays[f"gradients {other}"] for other in range(size)]
    flat = {"data": arrays["data"], "kept": arrays["kept"], "gradients": gradients[rank]}
    parameters = ParameterStore(setup.graph.parameters, setup.precision, lambda name, *_: flat[name])
    splits = Splits(*restore(description, [array for name, array in arrays.items() if name.startswith("examples ")]))
    state = {name.removeprefix("state "): array for name, array in arrays.items() if name.startswith("state ")}
    mine = share(parameters.data.size, rank, size)
    if setup.optimizer.whole_parameters:
        mine = parameters.uncut(mine)
    communicator = SharedMemoryCommunicator(rank, size, arrays, gradients, check, mine)
    return setup.shard(parameters, splits, state, communicator, generators)
