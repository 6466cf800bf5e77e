"""Schedules against torch.optim.lr_scheduler at every step, and their shapes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.ground.values import ConfigError
from trainer.training.schedules import Constant, Cosine, OneCycle, Plateau, Schedule, Step

BASE = 0.2
lengths = st.tuples(st.integers(1, 30), st.integers(1, 8))  # steps per epoch, epochs


def factors(schedule: Schedule, steps_per_epoch: int, epochs: int) -> list[float]:
    return [schedule(step, steps_per_epoch, epochs) for step in range(steps_per_epoch * epochs)]


def torch_factors(build, steps: int, steps_per_update: int = 1, lr: float = BASE) -> list[float]:
    """Learning rate over base rate at every step of a torch scheduler advanced every `steps_per_update` steps."""
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


def test_constant_is_one():
    assert factors(Constant(), 3, 2) == [1.0] * 6


@given(lengths, st.integers(1, 5), st.sampled_from([0.1, 0.5, 1.0]))
@settings(deadline=None)
def test_step_equals_steplr(length, step_size, gamma):
    steps_per_epoch, epochs = length
    theirs = torch_factors(
        lambda torch, optimizer: torch.StepLR(optimizer, step_size, gamma), steps_per_epoch * epochs, steps_per_epoch
    )
    assert_same(factors(Step(step_size, gamma), steps_per_epoch, epochs), theirs)


@given(lengths, st.sampled_from([0.0, 0.1, 0.5]))
@settings(deadline=None)
def test_cosine_equals_cosine_annealing(length, min_factor):
    steps = length[0] * length[1]
    theirs = torch_factors(
        lambda torch, optimizer: torch.CosineAnnealingLR(optimizer, steps, eta_min=min_factor * BASE), steps
    )
    assert_same(factors(Cosine(min_factor=min_factor), *length), theirs)


@given(st.integers(2, 30), st.integers(2, 8), st.integers(1, 7))
@settings(deadline=None)
def test_cosine_after_warm_up_equals_the_torch_sequence(steps_per_epoch, epochs, warmup_epochs):
    warmup_epochs = min(warmup_epochs, epochs - 1)
    steps, warmup = steps_per_epoch * epochs, steps_per_epoch * warmup_epochs

    def build(torch, optimizer):
        rise = torch.LinearLR(optimizer, start_factor=1 / (warmup + 1), total_iters=warmup)
        fall = torch.CosineAnnealingLR(optimizer, steps - warmup)
        return torch.SequentialLR(optimizer, [rise, fall], milestones=[warmup])

    assert_same(
        factors(Cosine(warmup_epochs=warmup_epochs), steps_per_epoch, epochs),
        torch_factors(build, steps),
    )


def test_warm_up_as_a_fraction_equals_warm_up_in_epochs():
    assert factors(Cosine(warmup_fraction=0.25), 10, 8) == factors(Cosine(warmup_epochs=2), 10, 8)


def test_warm_up_longer_than_the_run_only_rises():
    assert factors(Cosine(warmup_epochs=5), 3, 1) == [0.25, 0.5, 0.75]


@given(
    lengths, st.sampled_from([0.0, 0.1, 0.25, 0.3, 0.9]), st.sampled_from([1.0, 10.0, 25.0]), st.sampled_from([1, 1e4])
)
@settings(deadline=None)
def test_one_cycle_equals_onecyclelr(length, pct_start, div_factor, final_div_factor):
    steps = length[0] * length[1]
    if pct_start * steps == 1:
        return  # PyTorch divides by zero; see below

    def build(torch, optimizer):
        return torch.OneCycleLR(
            optimizer, max_lr=BASE, total_steps=steps, pct_start=pct_start, div_factor=div_factor,
            final_div_factor=final_div_factor, cycle_momentum=False,
        )  # fmt: skip

    assert_same(factors(OneCycle(pct_start, div_factor, final_div_factor), *length), torch_factors(build, steps))


def test_one_cycle_without_room_to_rise_starts_at_its_peak():
    assert OneCycle(pct_start=0.25)(0, 4, 1) == 1.0


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
@settings(deadline=None)
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


@pytest.mark.parametrize("schedule", [Constant(), Cosine(), Cosine(warmup_fraction=0.1), OneCycle(), Step(1, 0.5)])
@given(length=lengths)
@settings(deadline=None)
def test_factors_lie_between_zero_and_one(schedule, length):
    assert all(0 <= factor <= 1 + 1e-12 for factor in factors(schedule, *length))


@pytest.mark.parametrize(
    ("schedule", "options", "message"),
    [
        (Cosine, {"warmup_epochs": -1}, "warmup_epochs: -1"),
        (Cosine, {"warmup_fraction": 1.5}, r"warmup_fraction: 1.5 is not in \[0, 1\]"),
        (Cosine, {"min_factor": -0.1}, "min_factor: -0.1"),
        (Cosine, {"warmup_epochs": 1, "warmup_fraction": 0.1}, "warmup_fraction: cannot be given together"),
        (OneCycle, {"pct_start": 1.0}, r"pct_start: 1.0 is not in \[0, 1\)"),
        (OneCycle, {"div_factor": 0}, "div_factor: 0"),
        (OneCycle, {"final_div_factor": float("inf")}, "final_div_factor: inf"),
        (Plateau, {"factor": 1.0}, r"factor: 1.0 is not in \(0, 1\)"),
        (Plateau, {"patience": -1}, "patience: -1"),
        (Plateau, {"monitor": "val_los"}, "monitor: 'val_los' is no metric; did you mean 'val_loss'"),
        (Plateau, {"threshold": -0.1}, "threshold: -0.1"),
        (Plateau, {"cooldown": -1}, "cooldown: -1"),
        (Plateau, {"min_factor": 2}, "min_factor: 2"),
        (Step, {"step_size": 0}, "step_size: 0"),
        (Step, {"step_size": 1.5}, "step_size: 1.5 is not a whole number"),
        (Step, {"gamma": 0}, r"gamma: 0 is not in \(0, 1\]"),
    ],
)
def test_options_out_of_range_are_named(schedule, options, message):
    with pytest.raises(ValueError, match=message):
        schedule(**options)
