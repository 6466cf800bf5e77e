import numpy as np
import pytest

from trainer.datasets import MNIST, Augmentation, Draw, Examples, RandomFlip
from trainer.datasets.transforms import Augmented

IMAGES = np.random.default_rng(0).integers(0, 256, (200, 2, 4, 5), dtype=np.uint8)


def draw(indices, epoch=0):
    return Draw(0, epoch, np.asarray(indices))


def augmented(indices, epoch=0, augmentations=None, images=IMAGES):
    source = Augmented(Examples(images, np.arange(len(images))), augmentations or {"flip": RandomFlip()})
    out = {"input": np.empty((len(indices), *images.shape[1:]), images.dtype), "target": np.empty(len(indices), int)}
    source.read(np.asarray(indices), out, None if epoch is None else draw(indices, epoch))
    np.testing.assert_array_equal(out["target"], indices)
    return out["input"]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize(("axis", "along"), [("horizontal", -1), ("vertical", -2)])
def test_an_image_is_mirrored_or_not(axis, along, dtype):
    images = IMAGES.astype(dtype)
    found = RandomFlip(axis=axis)(images.copy(), draw(range(200)))
    assert found.dtype == dtype
    mirrored = [np.array_equal(new, np.flip(old, along)) for new, old in zip(found, images, strict=True)]
    same = [np.array_equal(new, old) for new, old in zip(found, images, strict=True)]
    assert all(one != other for one, other in zip(mirrored, same, strict=True))
    assert 70 < sum(mirrored) < 130


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_certainties(p):
    found = RandomFlip(p)(IMAGES.copy(), draw(range(200)))
    np.testing.assert_array_equal(found, IMAGES[..., ::-1] if p else IMAGES)


def test_an_example_looks_the_same_in_any_batch():
    whole, rng = augmented(range(200)), np.random.default_rng(1)
    for _ in range(5):
        picked = rng.permutation(200)[: rng.integers(1, 60)]
        np.testing.assert_array_equal(augmented(picked), whole[picked])


def test_epochs_differ_and_nothing_is_drawn_without_numbers():
    assert not np.array_equal(augmented(range(200)), augmented(range(200), epoch=1))
    np.testing.assert_array_equal(augmented(range(200), epoch=None), IMAGES)


def test_two_flips_are_two_draws():
    """So they do not undo each other."""
    both = augmented(range(200), augmentations={"one": RandomFlip(), "other": RandomFlip()})
    flipped = sum(not np.array_equal(new, old) for new, old in zip(both, IMAGES, strict=True))
    assert 70 < flipped < 130


def test_the_stored_images_stay():
    before = IMAGES.copy()
    augmented(range(200))
    np.testing.assert_array_equal(IMAGES, before)


def test_an_augmentation_may_return_a_new_array():
    class Brighter(Augmentation):
        def check(self, shape):
            pass

        def __call__(self, batch, draw):
            return np.clip(batch + draw.integers(50)[:, None, None, None], 0, 255).astype(np.uint8)

    found = augmented(range(200), augmentations={"bright": Brighter()})
    assert (found >= IMAGES).all()
    assert (found != IMAGES).any()


def test_bad_options():
    with pytest.raises(ValueError, match=r"^p: 1.5 is not in \[0, 1\]"):
        RandomFlip(1.5)
    with pytest.raises(ValueError, match=r"^augment: RandomFlip needs \[channels, height, width\], not \[784\]"):
        RandomFlip().check((784,))


def test_only_training_examples_are_augmented():
    class Here(MNIST):
        def read(self):
            examples = Examples(IMAGES, np.arange(200) % 10)
            return examples, examples

    data = Here(shape=[2, 4, 5], num_classes=10, augment={"flip": RandomFlip()})
    splits = data.load(0.1, np.random.default_rng(0))
    assert [isinstance(part, Augmented) for part in vars(splits).values()] == [True, False, False]
