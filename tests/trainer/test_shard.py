"""A whole step of every model: what it allocates, and in which precision it computes."""

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

from tests.helpers.runs import composed
from trainer import CONFIGS
from trainer.setup import Setup
from trainer.shard import Shard

BATCH = 64
LARGEST_ALLOCATION = 16 << 10  # bytes, of which views and casting take up to 15000; hidden activations begin at 12800
MODELS = {path.stem for path in (CONFIGS / "model").glob("*.yaml")} - {"shallow_cnn"}  # which is for other data
every_model = pytest.mark.parametrize("model", sorted(MODELS))


def shard(model: str, *overrides: str) -> Shard:
    """After three steps."""
    options = (f"batch_size={BATCH}", "limit.train=256", "parallel.workers=1", *overrides)
    setup = Setup(composed(f"model={model}", *options))
    made = setup.shard(setup.parameters(), setup.splits())
    for step in range(3):
        made.train(np.arange(BATCH), 0.001, step + 1)
    return made


def arrays(value: object) -> Iterator[np.ndarray]:
    """The arrays in a value: itself, or inside the collections it is made of."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from arrays(each)


@every_model
def test_a_step_allocates_no_large_array(model):
    warm = shard(model)
    indices = np.arange(BATCH)
    size = np.setbufsize(512)  # elements of the buffer in which NumPy casts, which is not ours to avoid
    tracemalloc.start()
    try:
        warm.train(indices, 0.001, 4)
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        warm.train(indices, 0.001, 5)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        np.setbufsize(size)
    assert peak - before < LARGEST_ALLOCATION
    assert after - before < 1024


@every_model
def test_a_float32_step_knows_no_float64(model):
    warm = shard(model, "precision=float32")
    space = warm.workspace
    contexts = [*space.contexts(BATCH), space.loss_context(BATCH)]
    kept = [vars(space.memory), vars(space.gradients), [vars(context) for context in contexts]]
    kept += [vars(warm.parameters), warm.state, [context.inputs for context in contexts]]
    kinds = {array.dtype for array in arrays(kept)}
    assert np.dtype(np.float32) in kinds
    assert {kind for kind in kinds if kind.kind == "f"} == {np.dtype(np.float32)}
