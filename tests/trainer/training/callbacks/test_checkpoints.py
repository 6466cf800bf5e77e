"""How often the last checkpoint is written."""

import pytest

from tests.helpers.training import small_config, train
from trainer.runs import checkpoint
from trainer.training.callbacks import Checkpoints


def steps(monkeypatch, tmp_path, *overrides):
    written = []
    write = checkpoint.write

    def noted(saved, path):
        write(saved, path)
        written.append((path.stem, saved.metadata["step"]))

    monkeypatch.setattr(checkpoint, "write", noted)
    train(small_config(*overrides, "epochs=2"), tmp_path / "run")
    return [step for name, step in written if name == "last"]


def test_every_epoch(monkeypatch, tmp_path):
    assert steps(monkeypatch, tmp_path) == [0, 5, 10]


def test_every_steps(monkeypatch, tmp_path):
    assert steps(monkeypatch, tmp_path, "callbacks.checkpoints.every_steps=2") == [0, 2, 4, 5, 7, 9, 10]


def test_every_minutes(monkeypatch, tmp_path):
    now = iter(range(0, 10**9, 30))
    monkeypatch.setattr("trainer.training.callbacks.checkpoints.monotonic", lambda: next(now))
    assert len(steps(monkeypatch, tmp_path, "callbacks.checkpoints.every_minutes=1")) > 3


@pytest.mark.parametrize("option", ["every_steps", "every_minutes"])
def test_unfit_options(option):
    with pytest.raises(ValueError, match=rf"^{option}: 0 is not in \(0, inf\); null saves after every epoch only$"):
        Checkpoints(**{option: 0})
