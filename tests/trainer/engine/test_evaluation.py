"""What a network does on a split, as training measures it."""

import numpy as np
import pytest

from tests.helpers.training import small_config
from trainer.engine.evaluation import LEAST_BATCH, evaluation_batches, measure
from trainer.engine.setup import Setup


@pytest.mark.parametrize(
    ("count", "batch_size", "most", "sizes"),
    [
        (150, 10, None, [LEAST_BATCH, LEAST_BATCH, 150 - 2 * LEAST_BATCH]),
        (150, 100, None, [100, 50]),
        (150, 100, 70, [70, 70, 10]),
        (0, 100, None, []),
    ],
)
def test_batches_are_in_order_and_not_small(count, batch_size, most, sizes):
    batches = [*evaluation_batches(count, batch_size, most)]
    assert [len(indices) for indices in batches] == sizes
    assert [index for indices in batches for index in indices] == [*range(count)]


@pytest.fixture(scope="module")
def made():
    setup = Setup(small_config("precision=float64", "batch_size=100", "limit.test=207"))
    return setup, setup.parameters(), setup.splits()


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_any_number_of_workers_measures_the_same(made, workers):
    total, outputs = measure(*made, "test", workers)
    alone, expected = measure(*made, "test", 1)
    assert total.examples == 207
    assert outputs.shape == (207, 10)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-12)
    assert total.sums["loss"] == pytest.approx(alone.sums["loss"], rel=1e-12)


def test_the_sums_are_those_of_the_outputs(made):
    setup, parameters, splits = made
    total, outputs = measure(setup, parameters, splits, "test", 1, most=50)
    labels = splits.test.targets
    correct = (outputs.argmax(axis=1) == labels).sum()
    assert setup.problem.figures(total.sums, total.examples)["accuracy"] == correct / 207
    shifted = outputs - outputs.max(axis=1, keepdims=True)
    losses = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(207), labels]
    assert total.sums["loss"] == pytest.approx(losses.sum(), rel=1e-12)
