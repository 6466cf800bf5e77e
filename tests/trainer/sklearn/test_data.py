"""Sparse rows become dense a batch at a time; arrays in memory cannot be read again."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from scipy import sparse

from trainer.datasets import DataError
from trainer.datasets.handover import describe, restore
from trainer.datasets.source import INPUT, Subset
from trainer.sklearn.data import InMemory, SparseRows


@pytest.fixture
def rows():
    return sparse.random(20, 7, 0.3, format="csr", random_state=0)


def test_rows_are_standardised_as_they_are_read(rows):
    mean, scale = np.arange(7.0), np.arange(1.0, 8.0)
    source = SparseRows(rows, np.arange(20), mean, scale, "float32")
    expected = ((rows.toarray() - mean) / scale).astype("float32")
    np.testing.assert_array_equal(Subset(source, np.array([3, 0, 19])).inputs, expected[[3, 0, 19]])
    np.testing.assert_array_equal(source.targets, np.arange(20))


def test_other_processes_share_the_rows(rows):
    source = SparseRows(rows, np.arange(20), np.zeros(7), np.ones(7), "float32")
    description, arrays = describe([source])
    assert sum(array.nbytes for array in arrays) >= rows.data.nbytes
    (copy,) = restore(description, arrays)
    np.testing.assert_array_equal(copy.inputs, source.inputs)


def test_what_was_in_memory_is_read_from_no_file():
    dataset = InMemory([3], num_classes=2, levels=[4, 5], places=True)
    assert dataset.inputs["categories"].shape == (2,)
    assert list(InMemory([3], num_classes=2).inputs) == [INPUT]
    with pytest.raises(DataError, match="were in memory only"):
        dataset.read()
