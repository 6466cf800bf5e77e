"""The picture of data."""

import numpy as np
import pytest

from trainer.datasets import Dataset, Examples
from trainer.datasets.checks import Column
from trainer.views.preview import draw_preview


class Set(Dataset):
    name = "set"

    def read(self):
        raise NotImplementedError


def test_a_histogram_holds_every_example():
    labels = np.arange(100) % 2
    columns = [
        Column("a", "number", np.where(np.arange(100) < 10, np.nan, np.arange(100.0))),
        Column("$b$", "category", labels + 0.0, ("no", "yes")),
        Column("c", "number", np.full(100, 3.0)),
    ]
    examples = Examples(np.zeros((100, 3), np.float32), labels)
    figure = draw_preview(Set((3,), 2), examples, columns, labels, seed=0)
    heights = [sum(bar.get_height() for bar in axes.patches) for axes in figure.axes]
    assert heights == [90, 100, 100]
    assert "10 missing" in figure.axes[0].get_title(loc="left")
    figure.canvas.draw()


@pytest.mark.parametrize("inputs", [1, 2])
@pytest.mark.parametrize("classes", [2, 9, None])
def test_points(inputs, classes):
    rng = np.random.default_rng(0)
    columns = [Column(str(place), "number", rng.normal(size=50)) for place in range(inputs)]
    targets = rng.normal(size=(50, 1)) if classes is None else np.arange(50) % classes
    examples = Examples(np.zeros((50, inputs), np.float32), targets)
    figure = draw_preview(Set((inputs,), classes), examples, columns, targets, seed=0)
    assert sum(len(points.get_offsets()) for points in figure.axes[0].collections) == 50
    figure.canvas.draw()


def test_long_vectors_are_lines():
    rng = np.random.default_rng(0)
    examples = Examples(rng.normal(size=(40, 99)).astype(np.float32), np.arange(40) % 2)
    columns = [Column(str(place), "number", examples.inputs[:, place]) for place in range(99)]
    figure = draw_preview(Set((99,), 2), examples, columns, examples.targets, seed=0)
    assert len(figure.axes) == 24
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_ydata(), examples.inputs[0])
