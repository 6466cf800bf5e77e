"""The worst mistakes."""

import numpy as np
import pytest

from tests.helpers.figures import assert_readable, texts
from trainer.views import style
from trainer.views.plots.mistakes import RIGHT, WRONG, Case, draw, draw_mistakes

CASES = [Case(3, "cat", "dog", "97%", True), Case(5, "dog", "dog", "51%", False)]


def test_mistakes_and_hits_differ_by_sign_weight_and_frame_not_by_colour_alone():
    figure = draw_mistakes(CASES, np.zeros((2, 4, 4)), "mlp on pets, seed 0", "the worst")
    mistake, hit = figure.axes
    assert mistake.get_title() == f"cat\n{WRONG} dog (97%)"
    assert hit.get_title() == f"{RIGHT} dog\n51%"
    assert [axes.title.get_fontweight() for axes in figure.axes] == ["bold", "normal"]
    frames = [axes.spines["left"] for axes in figure.axes]
    assert frames[0].get_linewidth() > 2 * frames[1].get_linewidth()
    assert frames[0].get_linestyle() != frames[1].get_linestyle()
    assert [axes.title.get_color() for axes in figure.axes] == [style.BEST, style.VALIDATION]
    assert_readable(figure)


def test_the_worst_of_a_run_come_first(digits):
    figure = draw(digits)
    problem, found = digits.network.problem, digits.measured
    losses = problem.example_losses(found.outputs, found.targets)
    shown = [axes.images[0].get_array() for axes in figure.axes]
    worst = digits.read(np.array([losses.argmax()]), "input")[0, 0] / 255
    np.testing.assert_allclose(shown[0], worst)
    assert figure.axes[0].get_title().startswith(digits.classes[found.targets[losses.argmax()]])
    assert_readable(figure)


def test_long_names_do_not_reach_the_next_picture():
    cases = [Case(k, "Waterslides", "Waterslides", "100%", True) for k in range(12)]
    assert_readable(draw_mistakes(cases, np.zeros((12, 4, 4)), "a run", "the worst"))


@pytest.mark.parametrize("run", ["spirals", "sine", pytest.param("quarters", marks=pytest.mark.slow), "digits"])
def test_every_kind_of_data(run, request):
    figure = draw(request.getfixturevalue(run))
    assert len(texts(figure)) > 10
    assert_readable(figure)


def test_values_are_in_the_users_units(sine):
    figure = draw(sine)
    found = sine.measured
    errors = np.abs(found.outputs - found.targets)[:, 0]
    worst = errors.argmax()
    words = [text.get_text() for text in texts(figure)]
    assert f"{found.targets[worst, 0]:.4g}" in words
    assert f"{found.outputs[worst, 0]:.4g}" in words
