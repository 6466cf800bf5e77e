"""Pictures of training examples, and of what augmentations make of them."""

import numpy as np
import pytest

from trainer.datasets import Augmentation, CutMix, Dataset, Examples, Mixup
from trainer.views.examples import captions, draw_augmentations
from trainer.views.preview import draw_preview


class Set(Dataset):
    name = "set"

    def read(self):
        raise NotImplementedError


class Darken(Augmentation):
    """By another number of grey levels in each epoch."""

    def check(self, shape):
        pass

    def __call__(self, batch, draw):
        return (batch - draw.integers(100)[:, None, None, None]).astype(np.uint8)


def shown(figure):
    return [axes.images[0].get_array() for axes in figure.axes if axes.images]


def pictures(count=60, classes=3):
    rng = np.random.default_rng(0)
    return Examples(rng.integers(100, 256, (count, 1, 5, 5)).astype(np.uint8), np.arange(count) % classes)


def test_pictures_with_their_classes_in_turn():
    examples = pictures()
    figure = draw_preview(Set((1, 5, 5), 3), examples, [], examples.targets, seed=0)
    assert len(shown(figure)) == 48
    assert [axes.get_title() for axes in figure.axes[:4]] == ["0", "1", "2", "0"]
    np.testing.assert_allclose(shown(figure)[1], np.stack([examples.inputs[1, 0] / 255] * 3, axis=-1))


@pytest.mark.slow
def test_an_augmented_picture_is_shown_in_several_epochs():
    examples = pictures()
    dataset = Set((1, 5, 5), 3, augment={"dark": Darken()})
    augmented = dataset.augmented(examples, dataset.augment)
    figure = draw_preview(dataset, augmented, [], examples.targets, seed=0)
    images = shown(figure)
    assert [axes.get_title() for axes in figure.axes[:5]] == ["0 · 1", "0 · 2", "0 · 3", "0 · 4", "1 · 1"]
    assert len({image.mean() for image in images[:4]}) > 1
    spread = [np.ptp(image) for image in images[:4]]
    np.testing.assert_allclose(spread, spread[0])  # it is one picture


@pytest.mark.slow
def test_a_mixture_names_its_classes_with_their_shares():
    examples = pictures()
    dataset = Set((1, 5, 5), 3, augment={"mix": CutMix()})
    figure = draw_preview(dataset, dataset.augmented(examples, ["mix"]), [], examples.targets, seed=0)
    titles = [axes.get_title() for axes in figure.axes]
    assert any("%, " in title for title in titles)
    assert any("%" not in title for title in titles)  # those whose partner is of the same class


def test_captions():
    dataset = Set((1,), 3)
    dataset.class_names = ("a long name", "cat", "dog")
    shares = np.array([[0.25, 0, 0.75], [0, 1, 0], [0.001, 0.999, 0], [0.2, 0.3, 0.5], [0, 0, 0], [0, 1, 1]])
    expected = ["dog: 75%, a lon…: 25%", "cat", "cat", "dog: 50%, cat: 30%", "none", "cat, dog"]
    assert captions(dataset, shares) == expected
    assert captions(dataset, np.array([0, 2])) == ["a long name", "dog"]
    assert captions(Set((1,), None), np.array([[1.5, 2.25, 3, 4]])) == ["1.5, 2.25, 3"]


@pytest.mark.parametrize("channels", [1, 3])
def test_each_augmentation_alone_and_all_together(channels):
    stored = np.random.default_rng(0).integers(100, 256, (60, channels, 5, 5)).astype(np.uint8)
    examples = Examples(stored, np.arange(60) % 3)
    dataset = Set((channels, 5, 5), 3, augment={"dark": Darken(), "mix": Mixup(1.0)})
    figure = draw_augmentations(dataset, examples, seed=0)
    assert [axes.get_ylabel() for axes in figure.axes] == ["as stored", "dark", "mix", "all"]
    rows = [axes.images[0].get_array() for axes in figure.axes]
    first = np.broadcast_to(stored[0].transpose(1, 2, 0) / 255, (5, 5, 3))
    np.testing.assert_allclose(rows[0][1:6, 1:6], first)
    assert len({row.tobytes() for row in rows}) == 4
    labels = [[label.get_text() for label in axes.get_xticklabels()] for axes in figure.axes]
    assert labels[0][:4] == ["0", "1", "2", "0"]
    assert set(labels[1]) == {""}
    assert labels[2] == labels[3] != labels[0]
    assert len(draw_augmentations(Set((channels, 5, 5), 3, augment={"dark": Darken()}), examples, 0).axes) == 2
