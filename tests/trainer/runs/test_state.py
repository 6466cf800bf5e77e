"""State that callbacks keep in checkpoints."""

from dataclasses import replace

import pytest

from tests.helpers.training import At, CrashError, crash, last, resumed, small_config, train
from trainer.runs import checkpoint, resume
from trainer.runs.checkpoint import CheckpointError
from trainer.training.callbacks import Callback


class Counter(Callback):
    """Counts what happens in a run, over all its parts."""

    def __init__(self, name: str = "") -> None:
        self.name, self.counts = name, {"starts": 0, "steps": 0, "epochs": 0}

    def on_fit_start(self, run):
        self.counts["starts"] += 1

    def on_batch_end(self, run):
        self.counts["steps"] += 1
        assert self.counts["steps"] == run.step

    def on_epoch_end(self, run, row):
        self.counts["epochs"] += 1
        assert self.counts["epochs"] == run.epoch

    def state(self):
        return self.counts

    def restore(self, state):
        self.counts = {name: int(state[name]) for name in self.counts}


class Keeper(Callback):
    """Keeps what it is given."""

    def __init__(self, kept) -> None:
        self.kept = kept

    def state(self):
        return self.kept

    def restore(self, state):
        raise AssertionError


def stop(run):
    run.stop("stopped by the test")


def test_a_callback_counts_on_over_resumes(tmp_path):
    """Checkpoints are made within events, and hold what the callback made of the event."""
    config = small_config("callbacks.checkpoints.every_steps=3")
    with pytest.raises(CrashError):
        train(config, tmp_path / "run", Counter(), At(8, crash))  # saved after step 8 of its 5 + 3
    assert last(tmp_path / "run").metadata["step"] == 8
    resumed(config, tmp_path / "run", At(13, stop), Counter())
    counter = Counter()
    resumed(config, tmp_path / "run", counter)
    assert counter.counts == {"starts": 3, "steps": 20, "epochs": 4}
    assert last(tmp_path / "run").metadata["callbacks"] == {"Counter": counter.counts}


def test_callbacks_of_one_name_are_numbered_and_those_that_are_gone_forgotten(tmp_path):
    config = small_config("epochs=2", "callbacks.layers=null")
    train(config, tmp_path / "run", Counter(), Counter("mine"), Counter(), At(5, stop))
    assert list(last(tmp_path / "run").metadata["callbacks"]) == ["Counter", "mine", "Counter 2"]
    mine = Counter("mine")
    resumed(config, tmp_path / "run", mine)
    assert mine.counts["steps"] == 10
    assert list(last(tmp_path / "run").metadata["callbacks"]) == ["mine"]


def test_without_state_a_checkpoint_is_as_it_always_was(tmp_path):
    config = small_config("epochs=2", "callbacks.layers=null")
    train(config, tmp_path / "run", Keeper(None), At(5, stop))
    assert "callbacks" not in last(tmp_path / "run").metadata
    resumed(config, tmp_path / "run", Keeper({"new": 1}))  # which has nothing to restore


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        ({"a": object()}, "callbacks.Keeper: its state is not JSON: .*object"),
        ([1], "callbacks.Keeper: its state is list, not a mapping"),
    ],
)
def test_what_is_no_json_is_refused(tmp_path, kept, message):
    with pytest.raises(TypeError, match=message):
        train(small_config("epochs=1"), tmp_path / "run", Keeper(kept))


@pytest.mark.parametrize("state", [{}, {"starts": 1, "steps": "many", "epochs": 1}, {"starts": [], "steps": 1}])
def test_a_state_that_does_not_fit_is_refused_in_one_line(tmp_path, state):
    config = small_config("epochs=2")
    train(config, tmp_path / "run", Counter(), At(5, stop))
    path = tmp_path / "run" / resume.LAST
    saved = checkpoint.read(path)
    checkpoint.write(replace(saved, metadata=saved.metadata | {"callbacks": {"Counter": state}}), path)
    with pytest.raises(CheckpointError) as caught:
        resumed(config, tmp_path / "run", Counter())
    assert str(caught.value).startswith(f"{path}: metadata: callbacks.Counter: ")
    assert "\n" not in str(caught.value)


def test_a_file_with_other_than_mappings_is_refused(tmp_path):
    train(small_config("epochs=1"), tmp_path / "run")
    path = tmp_path / "run" / resume.LAST
    saved = checkpoint.read(path)
    checkpoint.write(replace(saved, metadata=saved.metadata | {"callbacks": {"Counter": 3}}), path)
    with pytest.raises(CheckpointError, match=r"metadata: callbacks.Counter: 3 is not a mapping"):
        checkpoint.read(path)
