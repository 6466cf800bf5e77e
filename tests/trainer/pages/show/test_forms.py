"""What a page asks for, for every kind of data."""

import numpy as np
import pytest

from trainer import datasets
from trainer.datasets.tables.columns import Column
from trainer.datasets.tables.features import Feature, Features
from trainer.pages.show.forms import as_stored, decoded, form

RESIZE = {"resize": datasets.Resize([28, 28])}


class Blur(datasets.Resize):
    """A transform that the page does not know."""


def test_pictures_are_entered_as_they_are_stored():
    digits = datasets.Digits(mean=[0.3], std=[0.2], transforms=RESIZE)
    found = form(digits, pixels=True)["inputs"]["input"]
    assert (found["shape"], found["mean"]) == ((1, 8, 8), (0.3,))
    assert found["transforms"] == [{"kind": "Resize", "options": {"size": (28, 28)}}]


def test_transforms_that_the_page_does_not_know_are_left_out():
    digits = datasets.Digits(transforms={"blur": Blur([28, 28])})
    assert not as_stored(digits)
    found = form(digits, pixels=True)["inputs"]["input"]
    assert (found["shape"], found["transforms"]) == ((1, 28, 28), [])


def test_texts():
    found = form(datasets.Text("some.txt", context=3, vocabulary="\ufffd ab"), pixels=False)
    assert found == {"kind": "text", "vocabulary": ["\ufffd", " ", "a", "b"], "context": 3, "filling": " "}


COLOURS = tuple(f"c{number:02}" for number in range(30))
FEATURES = Features(
    (
        Feature(Column("size", "number"), median=2.0, mean=3.0, deviation=4.0, indicator=True),
        Feature(Column("kind", "category"), levels=("a", "b")),
        Feature(Column("colour", "category"), levels=COLOURS),
        Feature(Column("rank", "number"), quantiles=tuple(float(q) for q in range(101))),
        Feature(Column("garden", "yes/no"), mean=0.3, deviation=0.45),
        Feature(Column("built", "date"), mean=11234.56, deviation=3456.78),
    )
)
RAW = (
    np.array([7.25, np.nan]),
    np.array([2, 0]),
    np.array([5, 0]),
    np.array([30.0, 80.0]),
    np.array([0, 1]),
    np.array([-2, 12345]),
)


@pytest.mark.parametrize(("row", "expected"), [(0, [7.25, 2, 5, 30, 0, -2]), (1, [None, 0, 0, 80, 1, 12345])])
def test_a_row_is_what_the_network_gets_undone(row, expected):
    numbers, places = FEATURES.numbers(RAW)[row], FEATURES.places(RAW)[row]
    found = decoded(FEATURES, numbers, places)
    assert found[:3] + found[4:] == expected[:3] + expected[4:]  # days and answers are whole numbers
    assert found[3] == pytest.approx(expected[3], rel=1e-3)
