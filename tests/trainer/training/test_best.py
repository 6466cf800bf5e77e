"""The weights of the epoch that validated best."""

from types import SimpleNamespace

import numpy as np
import pytest

from trainer.training.best import Best


class Problem:
    """Accuracy ranks, then loss."""

    def rank(self, figures):
        return figures["accuracy"], -figures["loss"]


@pytest.fixture
def best():
    parameters = SimpleNamespace(data=np.zeros(3), kept=np.zeros(1))
    return Best(SimpleNamespace(best=None), Problem(), parameters)


def see(best, epoch, accuracy, loss, value):
    best.parameters.data[:] = best.parameters.kept[:] = value
    best.see({"epoch": epoch, "train_loss": 0.0, "val_accuracy": accuracy, "val_loss": loss, "lr": 0.1})


def test_the_best_epoch_is_kept_and_comes_back(best):
    see(best, 1, 0.5, 1.0, 1)
    see(best, 2, 0.7, 1.0, 2)
    see(best, 3, 0.7, 0.9, 3)
    see(best, 4, 0.7, 0.9, 4)  # as good: the earlier one stays
    see(best, 5, 0.6, 0.1, 5)
    assert best.run.best == {"epoch": 3, "val_accuracy": 0.7, "val_loss": 0.9}
    best.restore()
    assert best.parameters.data.tolist() == [3, 3, 3]
    assert best.parameters.kept.tolist() == [3]


def test_without_validation_nothing_changes(best):
    see(best, 1, None, None, 1)
    best.parameters.data[:] = 2
    best.restore()
    assert best.run.best is None
    assert best.parameters.data.tolist() == [2, 2, 2]


def test_what_a_checkpoint_brought_back_is_kept(best):
    best.parameters.data[:] = 7
    best.keep()
    best.parameters.data[:] = 8
    best.restore()
    assert best.parameters.data.tolist() == [7, 7, 7]
