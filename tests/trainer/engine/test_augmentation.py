"""What a network sees of augmented examples: the same for any number of workers and after any resume."""

import numpy as np
import pytest

from tests.helpers.training import At, CrashError, assert_same_run, resumed, small_config, train
from trainer.engine.watch import Watch
from trainer.training.callbacks import Callback

FLIP = ("+data.augment.flip={_target_: datasets.RandomFlip}", "epochs=2", "batch_size=100")


class Seen(Callback):
    """Keeps what worker 0 sees of each step, (n, 28, 28): the output of a layer that changes no value."""

    def __init__(self):
        self.steps = []

    def watch(self, run):
        return Watch(outputs="flatten")

    def on_watched(self, run, watched):
        self.steps.append(watched.outputs["flatten"].reshape(-1, 28, 28))


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


@pytest.mark.parametrize("step", [3, 17])
def test_a_run_that_stopped_within_an_epoch_and_went_on_ends_in_the_same_bits(tmp_path, step):
    config = small_config(*FLIP)
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
