"""The confusion matrix picture."""

import warnings

import numpy as np
import pytest

from trainer.views import draw_confusion_matrix


def test_cells_hold_the_counts():
    counts = np.array([[5, 0, 1], [2, 7, 0], [0, 0, 9]])
    (axes,) = draw_confusion_matrix(counts, ["cat", "dog", "bird"]).axes
    cells = {(int(text.get_position()[1]), int(text.get_position()[0])): text.get_text() for text in axes.texts}
    assert cells == {(0, 0): "5", (0, 2): "1", (1, 0): "2", (1, 1): "7", (2, 2): "9"}
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["cat", "dog", "bird"]
    assert "21 of 24 correct (87.50%)" in axes.get_title(loc="left")


def test_many_classes_have_no_numbers():
    (axes,) = draw_confusion_matrix(np.eye(100, dtype=np.int64), [str(k) for k in range(100)]).axes
    assert not axes.texts


def test_a_class_without_examples_and_no_examples_at_all():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_confusion_matrix(np.array([[3, 1], [0, 0]]), ["a", "b"]).canvas.draw()
        draw_confusion_matrix(np.zeros((2, 2), np.int64), ["a", "b"]).canvas.draw()


def test_names_must_match():
    with pytest.raises(ValueError, match=r"counts: shape \(2, 2\) does not match 3 class names"):
        draw_confusion_matrix(np.zeros((2, 2), np.int64), ["a", "b", "c"])
