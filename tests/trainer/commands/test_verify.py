"""`trainer verify`: the same run twice, and another."""

import shutil

import pytest

from tests.helpers.training import small_config, train


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for name, seed in (("one", 0), ("again", 0), ("other", 1)):
        train(small_config("epochs=1", f"seed={seed}"), folder / name)
    return folder


def test_equal(made, trainer_here, capsys):
    assert trainer_here("verify", str(made / "one"), str(made / "again")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[4] == lines[9] == "all 20 tensors are equal"
    assert [*map(len, lines[1:4:2])] == [66, 66]  # fits a terminal
    assert lines[1] == lines[3] == lines[6]  # the last weights are the best
    assert lines[-1] == "all figures of all epochs are equal, except for times"


def test_different(made, trainer_here, capsys):
    assert trainer_here("verify", str(made / "one"), str(made / "other")) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[4].split(";")[0].endswith("tensors differ")
    assert lines[-1].startswith("epoch 1: train_loss ")


def test_files(made, trainer_here, capsys):
    paths = [str(made / name / "checkpoints/last.safetensors") for name in ("one", "again")]
    assert trainer_here("verify", *paths) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_a_folder_without_checkpoints(made, trainer_here, capsys, tmp_path):
    assert trainer_here("verify", str(made / "one"), str(tmp_path)) == 2
    remedy = ": have no checkpoint in common; give two runs, or two .safetensors files\n"
    assert capsys.readouterr().err.endswith(remedy)


def test_runs_without_figures_are_not_said_to_have_equal_ones(made, trainer_here, capsys, tmp_path):
    for name in ("one", "again"):
        (tmp_path / name / "checkpoints").mkdir(parents=True)
        shutil.copy(made / name / "checkpoints/last.safetensors", tmp_path / name / "checkpoints")
    assert trainer_here("verify", str(tmp_path / "one"), str(tmp_path / "again")) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "neither has figures of an epoch"
