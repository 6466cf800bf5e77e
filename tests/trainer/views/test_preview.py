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


def test_yes_or_no_and_dates_are_shown_as_such_and_whole_numbers_in_the_middle_of_a_bar():
    labels = np.arange(100) % 2
    columns = [
        Column("garden", "yes/no", labels + 0.0, ("no", "yes")),
        Column("built", "date", np.linspace(0, 18_262, 100)),  # 1970 to 2020
        Column("rooms", "number", np.arange(100) % 6 + 1.0),
        Column("large", "number", 1e20 + np.arange(100) * 20_000),
    ]
    examples = Examples(np.zeros((100, 4), np.float32), labels)
    figure = draw_preview(Set((4,), 2), examples, columns, labels, seed=0)
    figure.canvas.draw()
    ticks = [[tick.get_text() for tick in axes.get_xticklabels()] for axes in figure.axes]
    assert ticks[0] == ["no", "yes"]
    assert {"1980", "2000"} <= {*ticks[1]}
    assert "1.5" not in ticks[2]
    centres = [bar.get_x() + bar.get_width() / 2 for bar in figure.axes[2].patches]
    assert [*range(1, 7)] == [round(centre, 6) for centre in centres[:6]]
    assert sum(bar.get_height() for bar in figure.axes[3].patches) == 100


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
