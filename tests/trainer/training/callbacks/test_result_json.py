"""result.json for every way a run ends."""

import json

import numpy as np
import pytest

from trainer.engine.machine import machine
from trainer.training.callbacks import ResultJson

KEYS = ["status", "epochs", "seconds", "seed", "workers", "best", "final", "test", "versions", "machine", "error"]


def result_of(watched) -> dict:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    text = (watched.run.directory / "result.json").read_text(encoding="utf-8")
    return json.loads(text, parse_constant=refuse)


def test_a_completed_run(watch):
    watched = watch(ResultJson())
    watched.start()
    watched.epoch()
    watched.run.best = {"epoch": 1, "val_loss": 0.5, "val_accuracy": 0.8}
    given = watched.end()
    result = result_of(watched)
    assert list(result) == KEYS
    assert {name: result[name] for name in given} == given
    assert result["versions"]["numpy"] == np.__version__
    assert set(result["versions"]) == {"trainer", "python", "numpy", "blas"}
    assert result["machine"] == machine()


@pytest.mark.parametrize(("status", "error"), [("stopped", None), ("failed", "loss is nan at step 7")])
def test_a_run_that_ends_before_its_first_epoch(watch, status, error):
    watched = watch(ResultJson())
    watched.end(status, error)
    result = result_of(watched)
    assert list(result) == KEYS
    assert (result["status"], result["error"]) == (status, error)
    assert result["best"] is result["final"] is result["test"] is None


def test_a_task_without_accuracy_has_no_such_keys(watch):
    watched = watch(ResultJson())
    watched.epoch(train_accuracy=None, val_accuracy=None)
    watched.end(best={"epoch": 1, "val_loss": 0.5, "val_accuracy": None}, test={"loss": 0.25, "accuracy": None})
    result = result_of(watched)
    assert result["best"] == {"epoch": 1, "val_loss": 0.5}
    assert result["test"] == {"loss": 0.25}
    assert "val_accuracy" not in result["final"]


def test_numpy_and_infinite_numbers_become_json(watch):
    watched = watch(ResultJson())
    watched.end(test={"loss": np.float32("nan"), "accuracy": np.float64(0.5)}, epochs=np.int64(3))
    result = result_of(watched)
    assert result["test"] == {"loss": None, "accuracy": 0.5}
    assert result["epochs"] == 3


def test_an_earlier_result_is_replaced_and_nothing_is_left_over(watch):
    watched = watch(ResultJson())
    watched.end("stopped")
    watched.end("completed")
    assert result_of(watched)["status"] == "completed"
    assert [path.name for path in watched.run.directory.iterdir()] == ["result.json"]
