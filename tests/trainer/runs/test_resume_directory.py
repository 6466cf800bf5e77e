"""What a resume finds in a directory, and what it leaves there."""

import os
import shutil

import pytest

from tests.helpers.training import LAYERS, At, CrashError, crash, last, resumed, small_config, train
from trainer.compose.saved import composition
from trainer.compose.schema import ConfigError
from trainer.engine.setup import Setup
from trainer.runs import checkpoint, resume
from trainer.runs.checkpoint import Checkpoint, CheckpointError
from trainer.runs.folder import RESULT, record
from trainer.runs.records import read_result


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    directory = tmp_path_factory.mktemp("runs") / "whole"
    train(small_config(), directory)
    return directory


class TestEarlierLife:
    """A result never tells of a life before the one that ended."""

    @pytest.fixture
    def completed(self, tmp_path):
        train(small_config(), tmp_path / "run")
        assert read_result(tmp_path / "run" / RESULT)["status"] == "completed"
        return tmp_path / "run"

    def test_a_resume_that_ends_before_training(self, completed, monkeypatch):
        monkeypatch.setattr(Setup, "splits", lambda self: (_ for _ in ()).throw(CrashError))
        with pytest.raises(CrashError):
            resumed(small_config(epochs=6), completed)
        assert not (completed / RESULT).exists()
        record(completed, "failed", "the data are gone")  # as the command line then does
        assert read_result(completed / RESULT)["status"] == "failed"

    def test_a_new_run_that_ends_before_training(self, completed, monkeypatch):
        monkeypatch.setattr(Setup, "splits", lambda self: (_ for _ in ()).throw(CrashError))
        with pytest.raises(CrashError):
            train(small_config(), completed)
        assert not (completed / RESULT).exists()

    def test_a_refused_resume_is_none(self, completed):
        with pytest.raises(ConfigError):
            resumed(small_config(seed=1), completed)
        assert read_result(completed / RESULT)["status"] == "completed"

    def test_a_removed_directory_stays_removed(self, tmp_path):
        with pytest.raises((OSError, CheckpointError)):
            train(small_config(), tmp_path / "run", At(3, lambda run: shutil.rmtree(run.directory)))
        assert not (tmp_path / "run").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_in_the_directory_is_refused(whole, tmp_path):
    """A stranger's train.log could lead to a file of yours."""
    directory = shutil.copytree(whole, tmp_path / "run")
    (directory / "train.log").symlink_to(tmp_path / "mine")
    with pytest.raises(ConfigError, match=r"train\.log is a link"):
        composition([f"resume={directory}"])


def test_shapes_of_a_configuration_are_those_of_the_file(whole, tmp_path):
    """Before memory is taken for them."""
    directory = shutil.copytree(whole, tmp_path / "run")
    saved = last(directory)
    layers = LAYERS | {"fc1": {"_target_": "models.Linear", "out_features": 10**9}}
    config = saved.metadata["config"] | {"model": {"layers": layers}}
    metadata = saved.metadata | {"config": config, "fingerprint": resume.fingerprint(config)}
    checkpoint.write(Checkpoint(saved.tensors, metadata), directory / resume.LAST)
    with pytest.raises((CheckpointError, ConfigError), match=r"fc1.weight is \[16, 64\], its configuration needs|GB"):
        resumed(config, directory)


def test_weights_of_an_older_run_in_the_directory_do_not_stay(tmp_path):
    train(small_config(), tmp_path / "run")
    with pytest.raises(CrashError):
        train(small_config(seed=1), tmp_path / "run", At(2, crash))
    assert not (tmp_path / "run" / resume.BEST).exists()
    assert (tmp_path / "run" / resume.LAST).exists()
