"""Runs that are stopped because they will not win."""

import pytest

from trainer.sweep.pruning import Pruning
from trainer.training.run import Run


def after(epochs, figures, goal="best_val_accuracy", metric="val_accuracy", **options):
    """Why a run of so many epochs was stopped, after epochs with these figures."""
    run = Run(None, {}, epochs, 1)
    callback = Pruning(goal, [0.5, 0.6, 0.7], **options)
    callback.on_fit_start(run)
    for figure in figures:
        run.history.append({metric: figure})
        run.epoch += 1
        callback.on_epoch_end(run, run.history[-1])
    return run.stopping


@pytest.mark.parametrize(
    ("figures", "stopped"),
    [
        ([0.5], False),
        ([0.4], True),
        ([0.5, 0.6], False),
        ([0.65, 0.1], False),
        ([0.5, 0.5], True),
        ([0.9, 0.1, 0.1], False),
    ],
)
def test_the_best_so_far_counts(figures, stopped):
    assert bool(after(5, figures)) == stopped


def test_less_is_better_for_a_loss():
    assert not after(5, [0.4], "best_val_loss", "val_loss")
    assert after(5, [0.6], "best_val_loss", "val_loss") == (
        "pruned: val_loss 0.6000 is worse than 0.5000, the median at this epoch"
    )


def test_not_in_the_warmup_nor_at_the_end_nor_beyond_the_limits():
    assert not after(5, [0.1], warmup=1)
    assert after(5, [0.1, 0.1], warmup=1)
    assert not after(1, [0.1])
    assert not after(9, [0.9, 0.9, 0.9, 0.0])


def test_a_resumed_run_is_stopped_where_it_would_have_been():
    run = Run(None, {}, 5, 1, epoch=2, history=[{"val_accuracy": 0.5}, {"val_accuracy": 0.5}])
    Pruning("best_val_accuracy", [0.5, 0.6]).on_fit_start(run)
    assert run.stopping


def test_without_validation_nothing_is_known():
    assert not after(5, [None, None])
