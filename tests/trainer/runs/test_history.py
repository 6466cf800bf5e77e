"""The figures of a run's epochs live in metrics.csv, and checkpoints do not grow with them."""

import json
import shutil

import pytest
import safetensors.numpy

from tests.helpers.training import At, assert_same_run, last, resumed, rows, small_config, train
from trainer.runs import checkpoint, history
from trainer.runs.checkpoint import KEY, CheckpointError
from trainer.runs.folder import LAST, METRICS
from trainer.training.callbacks import Callback


def stop(run):
    run.stop("stopped by the test")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    directory = tmp_path_factory.mktemp("runs") / "whole"
    train(small_config(), directory)
    return directory


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    directory = tmp_path_factory.mktemp("stopped")
    train(small_config(), directory, At(16, stop))
    return directory


@pytest.fixture
def parts(stopped, tmp_path):
    """A run that was stopped after its third epoch of four."""
    return shutil.copytree(stopped, tmp_path / "parts")


@pytest.mark.slow
def test_a_checkpoint_does_not_grow(tmp_path):
    sizes = []

    class Sizes(Callback):
        def on_epoch_end(self, run, row):
            sizes.append(len(json.dumps(run.snapshot().metadata)))

    train(small_config(epochs=40), tmp_path / "run", Sizes())
    assert max(sizes) < sizes[0] + 100  # numbers of more digits
    assert len(rows(tmp_path / "run")) == 40


def test_rows_of_epochs_that_the_checkpoint_lacks_are_dropped(parts, whole):
    with (parts / METRICS).open("a") as file:
        file.write("4,0.1,0.2")
    resumed(small_config(), parts)
    assert_same_run(whole, parts)


@pytest.mark.parametrize("spoil", ["missing", "shorter", "other", "folder"])
def test_another_file_is_refused(spoil, parts, tmp_path):
    path = parts / METRICS
    text = path.read_text()
    path.unlink()
    if spoil == "folder":
        path.mkdir()
    elif spoil != "missing":
        path.write_text({"shorter": text[:-200], "other": text.replace("0.", "1.", 1)}[spoil])
    before = (parts / LAST).read_bytes()
    with pytest.raises(CheckpointError) as caught:
        resumed(small_config(), parts)
    assert str(caught.value) == (
        f"{path}: it does not begin with the rows that the checkpoint resumes from; "
        "put back the file of this run, or start a new run"
    )
    assert (parts / LAST).read_bytes() == before


def test_an_older_checkpoint_has_the_whole_history(parts, whole):
    saved = last(parts)
    metadata = {name: value for name, value in saved.metadata.items() if name != "metrics"}
    text = json.dumps({"format": 2, **metadata, "history": rows(parts)})
    (parts / LAST).write_bytes(safetensors.numpy.save(dict(saved.tensors), {KEY: text}))
    (parts / METRICS).unlink()
    resumed(small_config(), parts)
    assert_same_run(whole, parts)


def test_without_the_file_the_checkpoint_has_it_all(tmp_path, whole):
    config = small_config("callbacks.metrics_csv=null")
    train(config, tmp_path / "parts", At(16, stop))
    assert len(last(tmp_path / "parts").metadata["history"]) == 3
    resumed(small_config(), tmp_path / "parts")  # and now it is written
    assert_same_run(whole, tmp_path / "parts")


def test_what_a_checkpoint_keeps():
    written = history.Written(1, 10, "0f")
    row = {"epoch": 1, "train_loss": 0.5}
    assert history.kept([row, row], written) == {
        "metrics": {"rows": 1, "bytes": 10, "sha256": "0f"},
        "history": [row],
    }
    assert history.kept([row], None) == {"history": [row]}


@pytest.mark.parametrize(
    "metrics",
    [{"rows": 4}, {"rows": -1}, {"rows": True}, {"bytes": "1"}, {"sha256": 1}, {"more": 1}, {"rows": 2}],
)
def test_unfit_metadata(metrics, parts):
    saved = last(parts)
    changed = {**saved.metadata, "metrics": saved.metadata["metrics"] | metrics}
    checkpoint.write(checkpoint.Checkpoint(saved.tensors, changed), parts / LAST)
    with pytest.raises(CheckpointError, match="metadata: "):
        last(parts)


@pytest.mark.parametrize("size", [-1, 1 << 60])
def test_unfit_length(size, parts):
    saved = last(parts)
    changed = {**saved.metadata, "metrics": saved.metadata["metrics"] | {"bytes": size}}
    checkpoint.write(checkpoint.Checkpoint(saved.tensors, changed), parts / LAST)
    with pytest.raises(CheckpointError, match="does not begin with the rows"):
        resumed(small_config(), parts)
