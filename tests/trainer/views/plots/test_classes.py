"""The figures of each class."""

import numpy as np
import pytest

from tests.helpers.figures import assert_readable, legend
from trainer.problems.metrics import Counts
from trainer.views.plots.classes import draw, draw_classes
from trainer.views.subject import UnsuitableError

COUNTS = Counts(np.array([8, 3, 0]), np.array([10, 4, 0]), np.array([8, 6, 0]))


def test_the_poorest_class_is_on_top_and_one_that_never_occurs_is_left_out():
    figure = draw_classes(COUNTS, ["cat", "dog", "cow"], "mlp on pets, seed 0", "test")
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["dog", "cat"]
    values = {line.get_label(): list(line.get_xdata()) for line in axes.lines}
    assert values["recall"] == [0.75, 0.8]
    assert values["precision"] == [0.5, 1.0]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first is on top
    assert len({line.get_marker() for line in axes.lines}) == 3
    assert legend(figure) == ["precision", "recall", "F1"]
    assert_readable(figure)


def test_of_many_classes_the_poorest_are_shown():
    hits = np.arange(100)
    figure = draw_classes(Counts(hits, np.full(100, 100), np.full(100, 100)), [f"a class {k}" for k in range(100)])
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == [f"a class {k}" for k in range(30)]
    assert_readable(figure)


@pytest.mark.parametrize("run", ["digits", "quarters"])
def test_of_runs(run, request):
    assert_readable(draw(request.getfixturevalue(run)))


def test_without_classes_or_examples_there_is_none(sine):
    with pytest.raises(UnsuitableError, match="no classes"):
        draw(sine)
    with pytest.raises(UnsuitableError, match="no examples"):
        draw_classes(Counts(*np.zeros((3, 2), int)), ["a", "b"])
