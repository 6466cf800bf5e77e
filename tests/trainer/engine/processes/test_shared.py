"""What workers share, by its names."""

import numpy as np
import pytest

from tests.helpers.threads import at_once
from tests.helpers.training import LAYERS, small_config
from trainer.engine.processes import shared
from trainer.engine.setup import Setup

PLAIN = {name: LAYERS[name] for name in ("flatten", "fc1", "act1", "head")}
INDICES = np.arange(60)


@pytest.fixture(scope="module")
def config():
    return small_config("precision=float64", "limit.train=90", "optimizer=sgd", "optimizer.momentum=0.9",
                        model={"layers": PLAIN})  # fmt: skip


def everything(setup, size):
    """The arrays of a run of `size` workers, examples filled in; what describes the splits; and what fills the rest."""
    parameters, splits = setup.parameters(), setup.splits()
    numbers = shared.numbers(parameters, setup.optimizer.create_state(parameters.data.size, parameters.dtype))
    description, examples = shared.examples(splits)
    layout = shared.layout(numbers | examples, size, len(splits.train))
    arrays = {name: np.zeros(shape, kind) for name, (shape, kind) in layout.items()}
    fill(arrays, examples)
    return arrays, description, numbers


def fill(arrays, contents):
    for name, array in contents.items():
        arrays[name][...] = array


def test_the_layout_has_the_contents_and_gradients_of_each(config):
    setup = Setup(config)
    arrays, _, numbers = everything(setup, 3)
    assert numbers.keys() == {"data", "kept", "state momentum_buffer"}
    contents = numbers | shared.examples(setup.splits())[1]
    assert {name for name in arrays if name.startswith("examples")} == contents.keys() - numbers.keys()
    for name, array in contents.items():
        assert (arrays[name].shape, arrays[name].dtype) == (array.shape, array.dtype), name
    assert {name for name in arrays if name.startswith("gradients")} == {f"gradients {rank}" for rank in range(3)}


def test_shards_in_shared_memory_do_the_step_of_one(config):
    setup = Setup(config)
    alone = setup.shard(setup.parameters(), setup.splits())
    expected = alone.train(INDICES, 0.1, 1)
    arrays, description, contents = everything(setup, 2)
    shards = [shared.shard(Setup(config), arrays, description, rank, 2, lambda: None) for rank in range(2)]
    fill(arrays, contents)
    ((seen,), _) = at_once(lambda shard: shard.train(INDICES, 0.1, 1), shards)
    assert seen.examples == expected.examples == 60
    assert seen.sums["loss"] == pytest.approx(expected.sums["loss"], rel=1e-12)
    np.testing.assert_allclose(arrays["data"], alone.parameters.data, rtol=0, atol=1e-12)
    np.testing.assert_allclose(arrays["state momentum_buffer"], alone.state["momentum_buffer"], rtol=0, atol=1e-12)
    assert not np.array_equal(arrays["data"], contents["data"])
