"""Figures for TensorBoard."""

import pytest

from trainer.training.callbacks.tensorboard import TensorBoard
from trainer.training.run import Run

ROW = {"epoch": 1, "train_loss": 0.5, "val_loss": 0.25, "val_accuracy": None, "lr": 0.125}


def test_without_the_package(monkeypatch):
    monkeypatch.setattr("trainer.training.callbacks.tensorboard.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="needs tensorboardX; python -m pip install"):
        TensorBoard()


def test_scalars(tmp_path):
    pytest.importorskip("tensorboardX")
    from tensorboardX.proto.event_pb2 import Event

    run = Run(tmp_path, {}, epochs=1, steps_per_epoch=1)
    callback = TensorBoard()
    callback.on_fit_start(run)
    run.epoch = 1
    callback.on_epoch_end(run, ROW)
    callback.on_fit_end(run, {})
    (file,) = (tmp_path / "tensorboard").iterdir()
    content, scalars = file.read_bytes(), {}
    while content:  # length (8), its checksum (4), event, its checksum (4)
        length = int.from_bytes(content[:8], "little")
        event = Event.FromString(content[12 : 12 + length])
        scalars |= {value.tag: (event.step, value.simple_value) for value in event.summary.value}
        content = content[16 + length :]
    assert scalars == {"loss/train": (1, 0.5), "loss/val": (1, 0.25), "lr": (1, 0.125)}
