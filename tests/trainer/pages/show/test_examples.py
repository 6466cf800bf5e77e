"""The examples that a page begins with."""

from collections import Counter

import numpy as np

from trainer import datasets
from trainer.datasets import Examples
from trainer.pages.show.examples import are_pixels, chosen
from trainer.pages.show.examples import test_examples as examples_of
from trainer.pages.show.forms import as_stored

MNIST = datasets.MNIST((1, 28, 28), 10)
DIGITS = datasets.Digits(transforms={"resize": datasets.Resize([28, 28])})


class Doubled(datasets.Resize):
    """A transform that the page does not know."""


def test_each_class_has_as_many():
    source = examples_of(DIGITS)
    found = chosen(DIGITS, source)
    assert Counter(each["target"] for each in found) == dict.fromkeys(range(10), 2)
    assert [each["target"] for each in found] == sorted(each["target"] for each in found)
    assert found[0]["inputs"]["input"]["type"] == "uint8"


def test_a_rare_class_is_there():
    targets = np.zeros(1000, np.int64)
    targets[-1] = 1
    found = chosen(datasets.Moons(num_classes=2), Examples(np.zeros((1000, 2, 1), np.float32), targets))
    assert [each["target"] for each in found].count(1) == 1
    assert len(found) == 20


def test_many_points_and_no_examples():
    moons = datasets.Moons(examples=1000, num_classes=2)
    assert len(chosen(moons, examples_of(moons))) == 300
    nothing = Examples(np.zeros((0, 2), np.float32), np.zeros(0, np.int64))
    assert chosen(moons, nothing) == []


def test_values_are_evenly_spaced():
    sine = datasets.Sine(examples=10)
    assert len(chosen(sine, examples_of(sine))) == 10


def test_data_that_are_elsewhere_are_not_downloaded(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAINER_DATA", str(tmp_path))
    monkeypatch.setattr(datasets.MNIST, "place", lambda self: None)
    assert examples_of(MNIST) is None
    assert examples_of(datasets.Text(tmp_path / "none.txt", vocabulary="\ufffda")) is None


def test_pixels_are_known_by_the_examples():
    regression = datasets.RandomRegression()
    assert not are_pixels(regression, examples_of(regression))
    assert are_pixels(DIGITS, examples_of(DIGITS))
    assert are_pixels(MNIST, None)
    assert not are_pixels(datasets.Moons(num_classes=2), None)


def test_an_unknown_transform_is_made_beforehand():
    dataset = datasets.Digits(transforms={"doubled": Doubled([16, 16])})
    assert not as_stored(dataset)
    assert examples_of(dataset).fields["input"].shape == (1, 16, 16)
