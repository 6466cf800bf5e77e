"""What every logger is given, and what becomes of one that fails."""

from pathlib import Path

import pytest

from tests.helpers.training import last, small_config, train
from trainer.runs.difference import first_difference
from trainer.training.loggers import Logger
from trainer.training.loggers.logger import named


class Noted(Logger):
    """Notes its calls, and fails at one of them."""

    def __init__(self, calls: list, fails: str = "") -> None:
        super().__init__()
        self.calls, self.fails = calls, fails

    def begin(self, run, identity, settings):
        self.note("begin", identity, settings["optimizer.lr"])
        return "id"

    def figures(self, figures, epoch):
        self.note("figures", sorted(figures), epoch)

    def picture(self, name, path, epoch):
        self.note("picture", name, Path(path).is_file(), epoch)

    def file(self, name, path):
        self.note("file", name, Path(path).is_file())

    def end(self, status):
        self.note("end", status)

    def note(self, *call):
        print("a tracker that talks")
        if call[0] == self.fails:
            raise OSError(28, "No space left on device")
        self.calls.append(call)


CONFIG = ("epochs=1", "callbacks.curves={_target_: trainer.callbacks.Curves, seconds: 100}", "callbacks.report=null")
EPOCH = ["accuracy/train", "accuracy/val", "loss/train", "loss/val", "lr", "samples_per_second", "seconds"]


def test_what_it_is_given(tmp_path, capsys):
    calls = []
    train(small_config(*CONFIG), tmp_path / "run", Noted(calls))
    assert calls == [
        ("begin", None, 0.003),
        ("figures", EPOCH, 1),
        ("figures", ["accuracy/test", "loss/test"], 1),
        ("picture", "curves", True, 1),
        ("file", "model.txt", True),
        ("file", "metrics.csv", True),
        ("file", "layers.csv", True),
        ("file", "checkpoints/best.safetensors", True),
        ("end", "completed"),
    ]
    assert "talks" not in capsys.readouterr().out


@pytest.mark.parametrize("fails", ["begin", "figures", "end"])
def test_one_that_fails_changes_nothing_but_a_line(tmp_path, caplog, fails):
    train(small_config("epochs=1"), tmp_path / "plain")
    caplog.clear()
    train(small_config("epochs=1"), tmp_path / "tracked", Noted([], fails))
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ["warning: Noted is given up, the run goes on: [Errno 28] No space left on device"]
    assert first_difference(last(tmp_path / "plain").tensors, last(tmp_path / "tracked").tensors) is None


def test_names():
    assert named({"epoch": 1, "train_loss": 0.5, "val_f1_macro": 0.25, "val_loss": None, "lr": 0.1}) == {
        "loss/train": 0.5, "f1_macro/val": 0.25, "lr": 0.1
    }  # fmt: skip
