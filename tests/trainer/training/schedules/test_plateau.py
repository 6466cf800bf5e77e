"""Reduce on plateau against torch.optim.lr_scheduler.ReduceLROnPlateau."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.ground.values import ConfigError
from trainer.training.schedules import Plateau

plateaus = st.fixed_dictionaries(
    {
        "factor": st.sampled_from([0.1, 0.5]),
        "patience": st.integers(0, 3),
        "mode": st.sampled_from(["min", "max"]),
        "threshold": st.sampled_from([0.0, 1e-4, 0.1]),
        "cooldown": st.integers(0, 3),
    }
)


@given(plateaus, st.sampled_from([0.0, 0.02, 0.3]), st.lists(st.sampled_from([0.5, 0.54, 0.6, 0.9, 1.0]), max_size=20))
def test_plateau_equals_reducelronplateau(options, min_factor, figures):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options, min_lr=min_factor, eps=0)
    ours, history = Plateau(**options, min_factor=min_factor), []
    for value in figures:
        assert ours(0, 1, 20, history) == optimizer.param_groups[0]["lr"]
        theirs.step(value)
        history.append({"val_loss": value})
    assert ours(0, 1, 20, history) == optimizer.param_groups[0]["lr"]
    assert Plateau(**options, min_factor=min_factor)(0, 1, 20, [*history]) == ours(0, 1, 20, history)


def test_plateau_depends_on_the_history_alone():
    plateau = Plateau(patience=0)
    falling, flat = [{"val_loss": 2.0}, {"val_loss": 1.0}], [{"val_loss": 1.0}, {"val_loss": 1.0}]
    assert [plateau(9, 1, 20, history) for history in (flat, falling, (), flat)] == [0.1, 1, 1, 0.1]


def test_plateau_knows_what_is_better_of_each_metric():
    rising = [{"val_r2": value, "val_mae": value} for value in (0.1, 0.2, 0.3)]
    assert Plateau(patience=1, monitor="val_r2")(9, 3, 20, rising) == 1
    assert Plateau(patience=1, monitor="val_mae")(9, 3, 20, rising) == 0.1
    assert Plateau(patience=1, monitor="val_r2", mode="min")(9, 3, 20, rising) == 0.1


def test_plateau_without_its_metric_says_so():
    with pytest.raises(ConfigError, match="this run has no val_accuracy; monitor another"):
        Plateau(monitor="val_accuracy", mode="max")(5, 5, 9, [{"val_loss": 1.0, "val_accuracy": None}])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"factor": 1.0}, r"factor: 1.0 is not in \(0, 1\)"),
        ({"patience": -1}, "patience: -1"),
        ({"monitor": "val_los"}, "monitor: 'val_los' is not a metric; did you mean 'val_loss'"),
        ({"threshold": -0.1}, "threshold: -0.1"),
        ({"cooldown": -1}, "cooldown: -1"),
        ({"min_factor": 2}, "min_factor: 2"),
    ],
)
def test_options_out_of_range_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        Plateau(**options)
