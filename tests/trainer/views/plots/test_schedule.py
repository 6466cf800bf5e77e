"""The learning rate over the steps."""

import pytest

from tests.helpers.figures import assert_readable, legend
from trainer.training.schedules import Constant, OneCycle, Plateau
from trainer.views.plots.schedule import draw, draw_schedule


def rates(figure):
    (line,) = figure.axes[0].lines
    return list(line.get_xdata()), list(line.get_ydata())


def test_it_is_what_the_run_does():
    schedule = OneCycle()
    steps, found = rates(draw_schedule(schedule, 0.1, 4, 25))
    assert steps == list(range(1, 101))
    assert found == pytest.approx([0.1 * schedule(step, 25, 4) for step in range(100)])


def test_a_schedule_that_waits_for_figures_is_drawn_as_far_as_they_are_known():
    plateau, history = Plateau(patience=0), [{"epoch": e, "val_loss": loss} for e, loss in ((1, 1.0), (2, 2.0))]
    steps, found = rates(draw_schedule(plateau, 1.0, 10, 5, history=history))
    assert steps[-1] == 15
    assert found == [1.0] * 10 + [0.1] * 5


def test_of_a_resumed_run_the_rates_that_it_had_are_drawn_too():
    schedule = OneCycle()
    planned = [{"epoch": epoch, "lr": 0.1 * schedule(25 * epoch - 1, 25, 4)} for epoch in (1, 2)]
    assert not draw_schedule(schedule, 0.1, 4, 25, history=planned).legends
    figure = draw_schedule(schedule, 0.1, 4, 25, history=[planned[0], {"epoch": 2, "lr": 0.07}])
    (dots,) = figure.axes[0].collections
    assert dots.get_offsets()[1].tolist() == [50, 0.07]
    assert legend(figure) == ["the plan", "as it was, at the\nend of each epoch"]
    assert_readable(figure)


def test_many_steps_are_thinned():
    steps, _ = rates(draw_schedule(Constant(), 0.1, 100, 1000))
    assert len(steps) == 2000
    assert steps[-1] == 100_000


def test_of_a_run(digits):
    figure = draw(digits)
    assert figure.texts[1].get_text().startswith("OneCycle, 2 epochs of 7 steps, at most ")
    assert_readable(figure)
