"""What the workers of a run share: parameters, gradients, the optimizer's state and the examples."""

from collections.abc import Callable

import numpy as np

from trainer.datasets import Examples, Splits
from trainer.engine.processes.communicator import SharedMemoryCommunicator, share
from trainer.engine.processes.mailbox import Mailbox
from trainer.engine.processes.memory import Layout
from trainer.engine.setup import Setup
from trainer.engine.shard import SPLITS, Generators, Shard
from trainer.models import ParameterStore


def contents(parameters: ParameterStore, state: dict[str, np.ndarray], splits: Splits) -> dict[str, np.ndarray]:
    """Everything that is in shared memory from the start, by the names that `shard` knows."""
    arrays = {"data": parameters.data, "kept": parameters.kept}
    arrays |= {f"state {name}": slot for name, slot in state.items()}
    for name in SPLITS:
        examples = getattr(splits, name)
        arrays |= {f"{name} inputs": examples.inputs, f"{name} targets": examples.targets}
    return arrays


def layout(arrays: dict[str, np.ndarray], size: int) -> Layout:
    """Those arrays, the gradients of each of `size` workers, and what their conversation needs."""
    described = {name: (array.shape, array.dtype.str) for name, array in arrays.items()}
    gradients = {f"gradients {rank}": described["data"] for rank in range(size)}
    longest = max(len(arrays[f"{name} targets"]) for name in SPLITS)
    return {**Mailbox.layout(size, longest), **SharedMemoryCommunicator.layout(size), **gradients, **described}


def shard(
    setup: Setup,
    arrays: dict[str, np.ndarray],
    rank: int,
    size: int,
    check: Callable[[], None],
    generators: Generators | None = None,
) -> Shard:
    """Worker `rank`'s shard of every batch, on the shared `arrays`.

    Like every maker of a parameter store it zeroes the parameters: fill them only when all workers have come here.
    """
    gradients = [arrays[f"gradients {other}"] for other in range(size)]
    flat = {"data": arrays["data"], "kept": arrays["kept"], "gradients": gradients[rank]}
    parameters = ParameterStore(setup.graph.parameters, setup.precision, lambda name, *_: flat[name])
    splits = Splits(*(Examples(arrays[f"{name} inputs"], arrays[f"{name} targets"]) for name in SPLITS))
    state = {name.removeprefix("state "): array for name, array in arrays.items() if name.startswith("state ")}
    mine = share(parameters.data.size, rank, size)
    if setup.optimizer.whole_parameters:
        mine = parameters.uncut(mine)
    communicator = SharedMemoryCommunicator(rank, size, arrays, gradients, check, mine)
    return setup.shard(parameters, splits, state, communicator, generators)
