from pathlib import Path

import numpy as np
import pytest
import yaml

from trainer import datasets
from trainer.datasets import Digits, Resize

CONFIGS = Path(__file__).parents[3] / "configs" / "data"


def test_digits_are_those_of_scikit_learn():
    sklearn = pytest.importorskip("sklearn.datasets")
    train, test = Digits().read()
    images, labels = sklearn.load_digits(return_X_y=True)
    expected = sorted((label, *pixels) for label, pixels in zip(labels, images.astype(int).tolist(), strict=True))
    levels = np.concatenate([train.inputs, test.inputs]).reshape(-1, 64) * (16 / 255)
    targets = np.concatenate([train.targets, test.targets])
    actual = sorted(
        (label, *pixels) for label, pixels in zip(targets, levels.round().astype(int).tolist(), strict=True)
    )
    assert actual == expected


def test_digits_test_set_is_a_stratified_fifth():
    train, test = Digits().read()
    assert (len(train), len(test)) == (1437, 360)
    shares = np.bincount(test.targets) / np.bincount(np.concatenate([train.targets, test.targets]))
    np.testing.assert_allclose(shares, 0.2, atol=0.01)
    assert not {image.tobytes() for image in train.inputs} & {image.tobytes() for image in test.inputs}


def test_digits_splits_use_the_seed_for_the_validation_set_only():
    digits = Digits(transforms={"resize": Resize([28, 28])})
    first, again, other = (digits.load(0.1, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.train.inputs.shape == (1293, *digits.input_shape)
    assert first.train.inputs.dtype == np.uint8
    assert len(first.validation) == 144
    np.testing.assert_array_equal(first.validation.inputs, again.validation.inputs)
    assert (first.validation.targets != other.validation.targets).any()
    np.testing.assert_array_equal(first.test.inputs, other.test.inputs)


def test_digits_have_ten_classes():
    with pytest.raises(ValueError, match=r"^num_classes: "):
        Digits(num_classes=11)


def test_configured_normalisation_is_that_of_the_training_pixels():
    config = yaml.safe_load((CONFIGS / "digits.yaml").read_text())
    options = config["transforms"]["resize"]
    digits = Digits(transforms={"resize": getattr(datasets, options["_target_"].split(".")[1])(options["size"])})
    pixels = digits.load(0, np.random.default_rng(0)).train.inputs / 255
    np.testing.assert_allclose([pixels.mean(), pixels.std()], config["mean"] + config["std"], atol=1e-4)
