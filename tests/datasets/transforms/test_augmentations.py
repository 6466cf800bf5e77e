"""What every augmentation keeps to, and what each does."""

import numpy as np
import pytest

from trainer import datasets
from trainer.datasets import Augmentation, Draw
from trainer.datasets.transforms import (
    ColorJitter,
    GaussianNoise,
    RandomAffine,
    RandomCrop,
    RandomErasing,
    RandomFlip,
)

ALL = [
    RandomFlip(),
    RandomFlip(axis="vertical"),
    RandomFlip(alternate=True),
    RandomCrop(2),
    RandomCrop(3, "zeros"),
    RandomAffine(degrees=30, scale=(0.8, 1.2), shear=10, translate=0.1),
    ColorJitter(),
    GaussianNoise(),
    RandomErasing(),
]
each = pytest.mark.parametrize("augmentation", ALL, ids=lambda augmentation: type(augmentation).__name__)
dtypes = pytest.mark.parametrize("dtype", [np.uint8, np.float32])
INDICES = np.arange(40) * 7


def images(dtype=np.uint8, count=40, shape=(3, 8, 9)):
    return np.random.default_rng(0).integers(0, 256, (count, *shape)).astype(dtype)


def augmented(augmentation, batch, indices=INDICES, seed=0, epoch=0):
    return augmentation(batch.copy(), Draw(seed, epoch, indices, "augment x"))


class Fixed:
    """A draw of given numbers, one for every call."""

    def __init__(self, *numbers):
        self.numbers = list(numbers)

    def uniform(self, low=0.0, high=1.0, size=()):
        return np.broadcast_to(np.asarray(self.numbers.pop(0), float), (1, *size))


def test_every_augmentation_is_tested():
    known = {kind for kind in vars(datasets).values() if isinstance(kind, type) and issubclass(kind, Augmentation)}
    assert known == {Augmentation, *map(type, ALL)}


@each
@dtypes
def test_shape_and_type_stay(augmentation, dtype):
    batch = images(dtype)
    found = augmented(augmentation, batch)
    assert (found.shape, found.dtype) == (batch.shape, batch.dtype)
    assert not np.array_equal(found, batch)
    augmentation.check(batch.shape[1:])


@each
@dtypes
def test_an_example_is_augmented_alike_in_whatever_batch_it_comes(augmentation, dtype):
    batch = images(dtype)
    whole = augmented(augmentation, batch)
    for part in (slice(0, 1), slice(3, 20), slice(20, None), slice(0, 0)):
        np.testing.assert_array_equal(augmented(augmentation, batch[part], INDICES[part]), whole[part])


@each
def test_another_epoch_or_seed_augments_differently(augmentation):
    batch = images()
    first = augmented(augmentation, batch)
    for other in ({"epoch": 1}, {"seed": 1}):
        assert not np.array_equal(augmented(augmentation, batch, **other), first)


@pytest.mark.parametrize(
    "augmentation",
    [RandomFlip(0.0), RandomAffine(), ColorJitter(0.0, 0.0), RandomErasing(0.0)],
    ids=lambda augmentation: type(augmentation).__name__,
)
@dtypes
def test_what_is_turned_off_changes_nothing(augmentation, dtype):
    np.testing.assert_allclose(augmented(augmentation, images(dtype)), images(dtype), rtol=1e-5)


def test_alternating_flips_show_both_sides_in_two_epochs():
    batch = images()
    first, second, third = (augmented(RandomFlip(alternate=True), batch, epoch=epoch) for epoch in range(3))
    np.testing.assert_array_equal(second, first[..., ::-1])
    np.testing.assert_array_equal(third, first)
    share = np.mean([np.array_equal(a, b) for a, b in zip(first, batch, strict=True)])
    assert 0.2 < share < 0.8


@pytest.mark.parametrize(("mode", "numpy_mode"), [("reflect", "reflect"), ("zeros", "constant")])
@pytest.mark.parametrize("padding", [1, 3, 7])
def test_a_crop_is_a_window_of_the_padded_image(mode, numpy_mode, padding):
    batch = images()
    down, right = Draw(0, 0, INDICES, "augment x").integers(2 * padding + 1, size=(2,)).T
    for found, image, y, x in zip(augmented(RandomCrop(padding, mode), batch), batch, down, right, strict=True):
        padded = np.pad(image, ((0, 0), (padding, padding), (padding, padding)), mode=numpy_mode)
        np.testing.assert_array_equal(found, padded[:, y : y + 8, x : x + 9])
    if padding == 3:
        assert {*down} == {*right} == set(range(7))


def turned(image, degrees=0.0, scale=1.0, shear=0.0, translate=(0.0, 0.0)):
    draw = Fixed(degrees, scale, shear, translate)
    return RandomAffine(180, (0.1, 10), 80, 1, fill=9)(image[None], draw)[0]


@pytest.mark.parametrize("shape", [(2, 6, 6), (2, 7, 7)])
@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_quarter_turns_are_exact(shape, quarters):
    image = images(shape=shape)[0]
    np.testing.assert_array_equal(turned(image, 90 * quarters), np.rot90(image, -quarters, axes=(1, 2)))


def test_whole_shifts_are_exact_and_filled():
    image = images(shape=(1, 8, 10))[0]
    expected = np.full_like(image, 9)
    expected[:, 2:, :-3] = image[:, :-2, 3:]
    np.testing.assert_array_equal(turned(image, translate=(2 / 8, -3 / 10)), expected)


def plainly_sampled(image, draw, example, options):
    """Turn, scale, shear and shift one image as the equations say, a pixel at a time."""
    _, height, width = image.shape
    angle, scale, slope, shift = draw
    turn, slope = np.deg2rad(angle[example]), np.tan(np.deg2rad(slope[example]))
    cos, sin = np.cos(turn) / scale[example], np.sin(turn) / scale[example]
    padded = np.pad(image, ((0, 0), (1, 1), (1, 1)), constant_values=options["fill"])
    found = np.empty_like(image)
    for row in range(height):
        for column in range(width):
            y = row - (height - 1) / 2 - shift[example, 0] * height
            x = column - (width - 1) / 2 - shift[example, 1] * width
            x, y = cos * x + sin * y, cos * y - sin * x
            x -= slope * y
            y, x = (float(np.clip(p + (n - 1) / 2 + 1, 0, n + 1)) for p, n in ((y, height), (x, width)))
            top, left = min(int(y), height), min(int(x), width)
            down, right = np.float32(y - top), np.float32(x - left)
            above = padded[:, top, left] * (1 - right) + padded[:, top, left + 1] * right
            below = padded[:, top + 1, left] * (1 - right) + padded[:, top + 1, left + 1] * right
            value = above * (1 - down) + below * down
            found[:, row, column] = np.rint(value) if image.dtype == np.uint8 else value
    return found


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 9, 8), (3, 6, 11), (2, 1, 7), (1, 7, 1), (1, 1, 1)])
def test_sampling_many_images_at_once_gives_the_bits_of_one_pixel_after_another(monkeypatch, dtype, shape):
    monkeypatch.setattr("trainer.datasets.transforms.random_affine.BLOCK", 150)
    options = {"degrees": 40, "scale": (0.5, 1.7), "shear": 20, "translate": 0.3, "fill": 7}
    batch, draw = images(dtype, 5, shape), Draw(0, 0, INDICES[:5], "augment x")
    numbers = draw.uniform(-40, 40), draw.uniform(0.5, 1.7), draw.uniform(-20, 20), draw.uniform(-0.3, 0.3, (2,))
    found = augmented(RandomAffine(**options), batch, INDICES[:5])
    for example, image in enumerate(batch):
        np.testing.assert_array_equal(found[example], plainly_sampled(image, numbers, example, options))


def test_scale_and_shear():
    y, x = np.indices((9, 9), np.float32) - 4
    ramp = (10 * x + y)[None]
    np.testing.assert_allclose(turned(ramp, scale=2), (10 * x + y)[None] / 2, atol=1e-4)
    inside = turned(ramp, shear=45)[0, 3:6, 3:6]
    np.testing.assert_allclose(inside, (10 * (x - y) + y)[3:6, 3:6], atol=1e-4)


def test_jitter_keeps_the_mean_of_contrast_alone():
    batch = images().clip(100, 150)
    found = augmented(ColorJitter(0.0, 0.5), batch)
    np.testing.assert_allclose(found.mean(axis=(1, 2, 3)), batch.mean(axis=(1, 2, 3)), atol=0.5)
    factor = found.std(axis=(1, 2, 3)) / batch.std(axis=(1, 2, 3))
    assert 0.48 < factor.min() < 0.7
    assert 1.3 < factor.max() < 1.52


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_noise_is_what_is_drawn(dtype):
    """Pixels are rounded, and computed in float32: one in thousands may be rounded to the other side."""
    batch = images(dtype)
    scale = 255 if dtype == np.uint8 else 1
    plain = batch + Draw(0, 0, INDICES, "augment x").normal(0, 0.1 * scale, batch.shape[1:])
    found = augmented(GaussianNoise(0.1), batch)
    if dtype == np.uint8:
        expected = np.clip(np.rint(plain), 0, 255)
        assert (found != expected).mean() < 1e-3
        assert np.abs(found - expected).max() <= 1
    else:
        np.testing.assert_allclose(found, plain, rtol=1e-6 if dtype == np.float32 else 0, atol=1e-6)


def test_noise_has_its_deviation():
    batch = np.full((50, 1, 20, 20), 128, np.uint8)
    found = augmented(GaussianNoise(0.1), batch, np.arange(50)) - 128.0
    assert abs(found.mean()) < 1
    assert abs(found.std() / 25.5 - 1) < 0.03


def test_one_rectangle_is_erased():
    batch = np.ones((200, 2, 16, 16), np.float32)
    found = augmented(RandomErasing(0.5, (0.1, 0.3), fill=7), batch, np.arange(200))
    shares = (found == 7).mean(axis=(1, 2, 3))
    assert 0.35 < (shares > 0).mean() < 0.65
    assert shares[shares > 0].min() > 0.07
    assert shares.max() < 0.33
    for image in found[shares > 0]:
        rows, columns = (image[0] == 7).any(axis=1), (image[0] == 7).any(axis=0)
        np.testing.assert_array_equal(image[0] == 7, rows[:, None] & columns)
        np.testing.assert_array_equal(image[0], image[1])


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: RandomFlip(2), r"p: 2 is not in \[0, 1\]"),
        (lambda: RandomFlip(0.3, alternate=True), "p: 0.3 has no meaning"),
        (lambda: RandomCrop(0), r"padding: 0 is not in \[1, inf\)"),
        (lambda: RandomCrop(4).check((1, 4, 9)), "padding: 4 is not smaller than the image, 4x9"),
        (lambda: RandomAffine(scale=(2, 1)), r"scale: \[2, 1\] is not \[least, most\]"),
        (lambda: RandomErasing(area=(0, 1)), r"area: \[0, 1\] is not \[least, most\]"),
        (lambda: RandomCrop().check((9,)), "augment: RandomCrop needs"),
    ],
)
def test_options_out_of_range(make, problem):
    with pytest.raises(ValueError, match=problem):
        make()
