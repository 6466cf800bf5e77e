"""The confusion matrix picture."""

import warnings

import numpy as np
import pytest

from tests.helpers.figures import assert_readable, texts
from trainer.views import draw_confusion_matrix

NAMES = {2: "{}", 3: "a rather long name of class {}", 10: "€$_{{x}}{}", 30: "{}", 100: "label {}"}


def test_cells_hold_the_counts():
    counts = np.array([[5, 0, 1], [2, 7, 0], [0, 0, 9]])
    figure = draw_confusion_matrix(counts, ["cat", "dog", "bird"], "mlp on pets, seed 3", "test")
    (axes,) = figure.axes
    cells = {(int(text.get_position()[1]), int(text.get_position()[0])): text.get_text() for text in axes.texts}
    assert cells == {(0, 0): "5", (0, 2): "1", (1, 0): "2", (1, 1): "7", (2, 2): "9"}
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["cat", "dog", "bird"]
    title, subtitle = figure.texts
    assert title.get_text() == "mlp on pets, seed 3"
    assert subtitle.get_text() == "21 of 24 test examples correct (87.50%)"


def test_hits_and_mistakes_differ_in_colour_and_in_weight():
    (axes,) = draw_confusion_matrix(np.array([[8, 2], [0, 9]]), ["a", "b"]).axes
    hits, mistakes = (image.get_array().mask for image in axes.images)
    np.testing.assert_array_equal(hits, ~np.eye(2, dtype=bool))
    np.testing.assert_array_equal(mistakes, np.eye(2, dtype=bool))
    assert axes.images[0].get_cmap()(0.7) != axes.images[1].get_cmap()(0.7)
    assert [text.get_fontweight() for text in axes.texts] == ["bold", "normal", "bold"]


def test_hits_are_drawn_blue_and_mistakes_orange():
    figure = draw_confusion_matrix(np.array([[8, 6], [0, 9]]), ["a", "b"])
    figure.canvas.draw()
    pixels, (axes,) = np.asarray(figure.canvas.buffer_rgba()).astype(int), figure.axes

    def colour(row, column):
        x, y = axes.transData.transform((column + 0.4, row - 0.4))  # beside the number
        return pixels[pixels.shape[0] - 1 - round(y), round(x), :3]

    assert colour(0, 0)[2] > colour(0, 0)[0] + 50
    assert colour(1, 1)[2] > colour(1, 1)[0] + 50
    assert colour(0, 1)[0] > colour(0, 1)[2] + 50
    assert colour(1, 0).min() > 250


@pytest.mark.parametrize(("classes", "name"), NAMES.items())
def test_every_text_can_be_read(classes, name):
    counts = np.random.default_rng(0).integers(0, 2000, (classes, classes))
    names = [name.format(number) for number in range(classes)]
    figure = draw_confusion_matrix(counts, names, "a network with a long name on some data, seed 0", "validation")
    assert_readable(figure)
    title = figure.texts[0].get_text().replace("\n", " ")
    assert title == "a network with a long name on some data, seed 0"


def test_many_classes_have_no_numbers_and_some_names():
    figure = draw_confusion_matrix(np.eye(100, dtype=np.int64), [str(k) for k in range(100)])
    assert not figure.axes[0].texts
    assert {"0", "5", "95"} <= {text.get_text() for text in texts(figure)}


def test_a_class_without_examples_and_no_examples_at_all():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_confusion_matrix(np.array([[3, 1], [0, 0]]), ["a", "b"]).canvas.draw()
        draw_confusion_matrix(np.zeros((2, 2), np.int64), ["a", "b"]).canvas.draw()


def test_names_must_match():
    with pytest.raises(ValueError, match=r"counts: shape \(2, 2\) does not match 3 class names"):
        draw_confusion_matrix(np.zeros((2, 2), np.int64), ["a", "b", "c"])
