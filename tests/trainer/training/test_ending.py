"""How a run ends."""

import logging
import signal

import pytest

from trainer.ground.errors import TrainingError, WorkerError
from trainer.ground.signals import Interrupted
from trainer.training import ending
from trainer.training.callbacks import Callback, ResultJson
from trainer.training.run import Run


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path, {"allow": ()}, epochs=3, steps_per_epoch=5, epoch=1, step=7)


class Note(Callback):
    """Keeps what it is told, and may fail."""

    def __init__(self, told, failure=None):
        self.told, self.failure = told, failure

    def on_fit_end(self, run, result):
        self.told.append((type(self).__name__, result["status"], result["error"]))
        if self.failure:
            raise self.failure


class Last(Note, ResultJson):
    """The one that writes."""


def told(run, failure=None, received=(), callbacks=((Last, None), (Note, None))):
    heard = []
    result, failure = ending.tell([kind(heard, error) for kind, error in callbacks], run, {}, failure, received)
    return heard, result, failure


def test_all_hear_of_a_good_end_and_the_result_is_written_last(run):
    heard, result, failure = told(run)
    assert heard == [("Note", "completed", None), ("Last", "completed", None)]
    assert (result, failure) == ({"status": "completed", "error": None}, None)


def test_a_failing_callback_keeps_none_from_hearing(run):
    crash = ValueError("its disk\nis full")
    heard, result, failure = told(run, callbacks=((Note, crash), (Last, None)))
    assert heard == [("Note", "completed", None), ("Last", "failed", "its disk is full")]
    assert failure is crash
    assert result["status"] == "failed"


def test_the_first_failure_counts(run):
    first = TrainingError("the loss is nan")
    heard, _, failure = told(run, first, callbacks=((Note, ValueError("another")), (Last, None)))
    assert failure is first
    assert heard[-1] == ("Last", "failed", "the loss is nan")


@pytest.mark.parametrize("failure", [None, WorkerError("worker 1 has ended"), Interrupted(signal.SIGTERM)])
def test_a_signal_is_the_reason_also_of_what_it_did_to_the_workers(run, failure):
    _, result, failure = told(run, failure, [signal.SIGTERM])
    assert isinstance(failure, Interrupted)
    assert result == {"status": "stopped", "error": "terminated in epoch 2 after step 7"}


def test_a_mistake_before_a_signal_stays_the_reason(run):
    failure = TrainingError("the loss is nan")
    assert told(run, failure, [signal.SIGTERM])[2] is failure


def test_an_error_without_words_has_its_name(run):
    assert told(run, ZeroDivisionError())[1] == {"status": "failed", "error": "ZeroDivisionError"}
    assert told(run, KeyboardInterrupt())[1] == {"status": "stopped", "error": "interrupted"}


def test_an_interruption_says_where_and_how_to_go_on(run):
    assert str(ending.interrupted(run, signal.SIGINT)) == "interrupted in epoch 2 after step 7"
    (run.directory / "checkpoints").mkdir()
    (run.directory / "checkpoints/last.safetensors").touch()
    line = str(ending.interrupted(run, signal.SIGINT))
    assert line.startswith("interrupted in epoch 2 after step 7; continue with: ")
    assert line.endswith(str(run.directory))
    assert str(ending.interrupted(run, signal.SIGINT, "all is done")).endswith("step 7; all is done")


@pytest.mark.parametrize(
    ("epoch", "step", "place"),
    [(0, 0, "in epoch 1 after step 0"), (0, 3, "in epoch 1 after step 3"), (1, 5, "in epoch 1 after step 5")],
)
def test_the_place_names_the_epoch_that_is_going_on(run, epoch, step, place):
    run.epoch, run.step = epoch, step
    assert ending.place(run) == place


def test_the_report(run, caplog):
    with caplog.at_level(logging.INFO, "trainer"):
        ending.report(run, {"test": None})
        run.best = {"epoch": 2}
        ending.report(run, {"test": {"loss": 0.5, "accuracy": 0.25}})
    assert caplog.messages[0] == caplog.messages[2] == f"everything is in {run.directory}"
    assert caplog.messages[1].startswith("test ")
    assert caplog.messages[1].endswith(" with the weights of epoch 2")


def test_the_result_before_its_end_is_known(run):
    run.history, run.stopping = [{"epoch": 1, "val_loss": 0.5}], "patience"
    assert list(ending.summary(run, 3, 2, 1.23456, {"loss": 0.5}).items()) == [  # in the order of the file
        ("status", None),
        ("epochs", 1),
        ("planned_epochs", 3),
        ("seconds", 1.235),
        ("seed", 3),
        ("workers", 2),
        ("best", None),
        ("best_by", "val_loss"),
        ("final", {"epoch": 1, "val_loss": 0.5}),
        ("test", {"loss": 0.5}),
        ("reason", "patience"),
        ("error", None),
    ]
