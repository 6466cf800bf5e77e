"""Where a key was written."""

from pathlib import Path

import pytest

from trainer import CONFIGS
from trainer.compose.locate import line_of, override_in, override_of, shown


def line(file, beginning):
    """The number of the line of a file that begins so, spaces aside."""
    lines = (CONFIGS / file).read_text().splitlines()
    return next(number for number, text in enumerate(lines, 1) if text.strip().startswith(beginning))


@pytest.mark.parametrize(
    ("key", "overrides", "file", "beginning"),
    [
        ("epochs", [], "config.yaml", "epochs:"),
        ("limit.train", [], "config.yaml", "limit:"),
        ("optimizer.lr", [], "optimizer/adam.yaml", "lr:"),
        ("optimizer.lr", ["optimizer=sgd"], "optimizer/sgd.yaml", "lr:"),
        ("model.layers.conv1", [], "model/lenet5.yaml", "conv1:"),
        ("model.layers.conv1.kernel_size", ["epochs=1"], "model/lenet5.yaml", "conv1:"),
        ("callbacks.curves", [], "callbacks/default.yaml", "curves:"),
    ],
)
def test_the_line_is_that_of_the_file_which_was_chosen(key, overrides, file, beginning):
    assert line_of(key, overrides) == f"configs/{file}:{line(file, beginning)}"


def test_the_file_that_is_merged_last_counts(tmp_path, monkeypatch):
    (tmp_path / "model").mkdir()
    (tmp_path / "model/mine.yaml").write_text("# Mine\nlayers:\n  - a\n  -\n    b: 1\n")
    monkeypatch.chdir(tmp_path)
    assert line_of("model.layers.1.b", ["model=mine"], [tmp_path]) == "model/mine.yaml:5"
    assert line_of("model.layers.0", ["model=mine"], [tmp_path]) == "model/mine.yaml:3"
    assert line_of("model.layers.9", ["model=mine"], [tmp_path]) == "model/mine.yaml:2"  # that of the list


def test_what_stands_nowhere_has_no_line():
    assert line_of("nowhere.at.all", []) is None
    assert line_of("", []) is None
    assert line_of("epochs", ["model=none"]) is None  # nothing is composed


def test_overrides_by_what_they_set():
    given = ["epochs=1", "optimizer.lr=0.1", "++optimizer.lr=0.2", "~model.layers.drop1"]
    assert override_of("optimizer.lr", given) == "++optimizer.lr=0.2"
    assert override_of("model.layers.drop1.p", given) == "~model.layers.drop1"
    assert override_of("optimizer", given) is None
    assert override_in("optimizer", given) == "++optimizer.lr=0.2"
    assert override_in("data", given) is None


def test_a_path_is_shown_as_users_know_it(tmp_path, monkeypatch):
    assert shown(CONFIGS / "model/mlp.yaml") == "configs/model/mlp.yaml"
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "own/mine.yaml") == "own/mine.yaml"
    assert shown(Path("/elsewhere/mine.yaml")) == "/elsewhere/mine.yaml"
