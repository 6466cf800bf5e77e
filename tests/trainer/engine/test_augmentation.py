"""What a network sees of augmented examples: the same for any number of workers and after any resume."""

import numpy as np
import pytest

from tests.helpers.training import At, CrashError, assert_same_run, resumed, small_config, train
from trainer import datasets
from trainer.datasets import Augmentation, Mixing
from trainer.engine.watch import Watch
from trainer.training.callbacks import Callback

EVERY = {  # on digits of 8x8 pixels
    "flip": "{_target_: datasets.RandomFlip, alternate: true}",
    "crop": "{_target_: datasets.RandomCrop, padding: 1}",
    "affine": "{_target_: datasets.RandomAffine, degrees: 10, scale: [0.9, 1.1], shear: 5, translate: 0.1}",
    "light": "{_target_: datasets.ColorJitter}",
    "noise": "{_target_: datasets.GaussianNoise}",
    "erase": "{_target_: datasets.RandomErasing}",
    "mixup": "{_target_: datasets.Mixup, p: 0.5}",
    "cutmix": "{_target_: datasets.CutMix, p: 0.5}",
}
ALL = (
    *(f"+data.augment.{name}={value}" for name, value in EVERY.items()),
    *("epochs=2", "batch_size=60", "limit.train=300"),
)
FLIP = ("+data.augment.flip={_target_: datasets.RandomFlip}", "epochs=2", "batch_size=100")


class Seen(Callback):
    """Keeps what worker 0 sees of each step, (n, 8, 8): the output of a layer that changes no value."""

    def __init__(self):
        self.steps = []

    def watch(self, run):
        return Watch(outputs="flatten")

    def on_watched(self, run, watched):
        self.steps.append(watched.outputs["flatten"].reshape(-1, 8, 8))


def seen(directory, *overrides):
    callback = Seen()
    train(small_config(*overrides), directory, callback)
    return callback.steps


@pytest.mark.process
def test_it_is_the_same_for_any_number_of_workers(tmp_path):
    alone, two, plain = (
        seen(tmp_path / str(number), *FLIP, *more)
        for number, more in enumerate([(), ("parallel.workers=2",), ("+data.augment.flip.p=0.0",)])
    )
    flipped = 0
    for whole, part, image in zip(alone, two, plain, strict=True):
        assert len(part) == len(whole) // 2
        np.testing.assert_array_equal(part, whole[: len(part)])
        as_stored, mirrored = (np.all(whole == other, axis=(1, 2)) for other in (image, image[..., ::-1]))
        assert (as_stored | mirrored).all()
        flipped += np.count_nonzero(~as_stored)
    assert 0.4 < flipped / sum(map(len, alone)) < 0.6


def test_all_at_once_are_tested():
    kinds = {kind for kind in vars(datasets).values() if isinstance(kind, type)}
    kinds = {kind.__name__ for kind in kinds if issubclass(kind, Augmentation | Mixing)} - {"Augmentation", "Mixing"}
    assert kinds == {part.split("datasets.")[1].split(",")[0].rstrip("}") for part in EVERY.values()}


@pytest.mark.process
def test_all_at_once_are_the_same_for_any_number_of_workers(tmp_path):
    alone, two = (seen(tmp_path / str(number), *ALL, f"parallel.workers={number}") for number in (1, 2))
    for whole, part in zip(alone, two, strict=True):
        assert len(part) == len(whole) // 2
        np.testing.assert_array_equal(part, whole[: len(part)])


@pytest.mark.parametrize(
    ("augment", "step"),
    [
        pytest.param(FLIP, 3, id="flip"),
        pytest.param(FLIP, 17, id="flip, second epoch"),
        pytest.param(ALL, 7, id="all"),
        pytest.param((*ALL, "parallel.workers=2"), 7, id="all, two workers", marks=pytest.mark.process),
    ],
)
def test_a_run_that_stopped_within_an_epoch_and_went_on_ends_in_the_same_bits(tmp_path, augment, step):
    config = small_config(*augment)
    train(config, tmp_path / "whole")
    train(config, tmp_path / "parts", At(step, lambda run: run.stop("stopped by the test")))
    resumed(config, tmp_path / "parts")
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_a_run_that_crashed_and_went_on_ends_in_the_same_bits(tmp_path):
    def crash(run):
        raise CrashError

    config = small_config(*FLIP)
    train(config, tmp_path / "whole")
    with pytest.raises(CrashError):
        train(config, tmp_path / "parts", At(17, crash))
    resumed(config, tmp_path / "parts")
    assert_same_run(tmp_path / "whole", tmp_path / "parts")
