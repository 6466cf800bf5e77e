"""What every logger is given, and what becomes of one that fails."""

import sys
import warnings
from pathlib import Path

import pytest

from tests.helpers.training import last, small_config, train
from trainer.runs.difference import first_difference
from trainer.runs.folder import DESCRIPTION, OVERRIDES, RECORD
from trainer.training.loggers import Logger
from trainer.training.loggers.logger import named, project_of, sweep_of
from trainer.training.run import Run


class Noted(Logger):
    """Notes its calls, and fails at one of them."""

    def __init__(self, calls: list, fails: str = "") -> None:
        super().__init__()
        self.calls, self.fails = calls, fails

    def begin(self, run, identity, settings):
        self.note("begin", identity, settings["optimizer.lr"])
        return "id"

    def figures(self, figures, epoch):
        self.note("figures", sorted(name for name in figures if name.partition("/")[2] in ("", *SPLITS)), epoch)
        if epoch and "loss/train" in figures:
            self.note("layers", sorted(name for name in figures if name.endswith("/fc1")), epoch)

    def histograms(self, values, epoch):
        self.note("histograms", sorted(name for name in values if "fc1" in name), epoch)

    def image(self, name, pixels, epoch):
        self.note("image", name, pixels.dtype.name, pixels.shape[2], epoch)

    def picture(self, name, path, epoch):
        self.note("picture", name, Path(path).is_file(), epoch)

    def file(self, name, path):
        self.note("file", name, Path(path).is_file())

    def end(self, status):
        self.note("end", status)

    def note(self, *call):
        print("a tracker that talks")
        print("and complains", file=sys.stderr)
        if "warns" in self.fails:
            warnings.warn("the disk is nearly full", stacklevel=1)
        if f"{call[0]} exits" == self.fails:
            raise SystemExit("there is no key")
        if call[0] == self.fails:
            raise OSError(28, "No space left on device")
        self.calls.append(call)


CONFIG = ("epochs=1", "callbacks.curves={_target_: trainer.callbacks.Curves, seconds: 100}", "callbacks.report=null")
SPLITS = ("train", "val", "test")
EPOCH = ["accuracy/train", "accuracy/val", "loss/train", "loss/val", "lr", "samples_per_second", "seconds"]

GIVEN_UP = " is given up, the run continues: [Errno 28] No space left on device"
LAYER = [f"{figure}/fc1" for figure in (
    "gradient_norm", "gradient_rms", "output_deviation", "output_mean", "update_ratio", "weight_norm"
)]  # fmt: skip


def test_what_it_is_given(tmp_path, capsys):
    calls = []
    train(small_config(*CONFIG), tmp_path / "run", Noted(calls))
    assert calls == [
        ("begin", None, 0.003),
        ("image", "filters", "uint8", 3, 0),
        ("figures", EPOCH, 1),
        ("layers", LAYER, 1),
        ("histograms", ["fc1.bias", "fc1.weight", "gradients/fc1.bias", "gradients/fc1.weight"], 1),
        ("image", "filters", "uint8", 3, 1),
        ("figures", ["accuracy/test", "loss/test"], 1),
        ("picture", "curves", True, 1),
        ("file", "model.txt", True),
        ("file", "metrics.csv", True),
        ("file", "layers.csv", True),
        ("file", "checkpoints/best.safetensors", True),
        ("end", "completed"),
    ]
    shown = capsys.readouterr()
    assert "talks" not in shown.out
    assert "complains" not in shown.err


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    directory = tmp_path_factory.mktemp("plain") / "run"
    train(small_config("epochs=1"), directory)
    return last(directory).tensors


@pytest.mark.parametrize(
    ("fails", "line"),
    [
        *dict.fromkeys(("begin", "figures", "image", "end"), GIVEN_UP).items(),
        ("figures exits", " is given up, the run continues: there is no key"),
        ("it warns", ": the disk is nearly full"),
    ],
)
def test_one_that_fails_changes_nothing_but_a_line(plain, tmp_path, caplog, fails, line):
    train(small_config("epochs=1"), tmp_path / "run", Noted([], fails))
    lines = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert lines == [f"warning: Noted{line}"]
    assert first_difference(plain, last(tmp_path / "run").tensors) is None


def test_what_a_run_belongs_to(tmp_path):
    run = Run(tmp_path / "all" / "mine", {}, 1, 1)
    (run.directory / DESCRIPTION).mkdir(parents=True)
    assert (project_of(run), sweep_of(run)) == ("all", None)
    (run.directory / OVERRIDES).write_text("- model=mlp\n- data=digits\n")
    assert (project_of(run), sweep_of(run)) == ("mlp-digits", None)
    (run.directory.parent / RECORD).touch()
    assert (project_of(run), sweep_of(run)) == ("all", "all")


def test_names():
    assert named({"epoch": 1, "train_loss": 0.5, "val_f1_macro": 0.25, "val_loss": None, "lr": 0.1}) == {
        "loss/train": 0.5, "f1_macro/val": 0.25, "lr": 0.1
    }  # fmt: skip
