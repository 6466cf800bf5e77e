"""Ends of a run before its last epoch, and what it says of them."""

import json
import os
import re
import signal
import threading
import time

import numpy as np
import pytest

from tests.helpers.checkpoints import assert_same
from tests.helpers.process import FAST, run, start, wait_for_epoch
from tests.helpers.training import (
    At,
    CrashError,
    assert_same_run,
    last,
    resumed,
    rows,
    small_config,
    train,
    without_times,
)
from trainer.engine.processes.workers import Workers
from trainer.ground import signals
from trainer.ground.signals import Interrupted
from trainer.models import BatchNorm
from trainer.runs.checkpoint import CheckpointError
from trainer.training import fit
from trainer.training.callbacks import Callback, ResultJson
from trainer.training.fit import TrainingError

ENDLESS = (*FAST, "epochs=100000", "hydra.run.dir=run")
posix = pytest.mark.skipif(os.name == "nt", reason="signals cannot be sent to one process")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nothing stopped."""
    directory = tmp_path_factory.mktemp("whole")
    train(small_config(), directory)
    return directory


class TestSignals:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_the_step_is_finished_and_the_run_can_go_on(self, tmp_path, whole, number):
        config = small_config()
        with pytest.raises(Interrupted) as caught:
            train(config, tmp_path / "parts", At(7, lambda run: signal.raise_signal(number)))
        word = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}[number]
        command = f"trainer resume {tmp_path / 'parts'}"
        assert str(caught.value) == f"{word} in epoch 2 after step 7; continue with: {command}"
        result = json.loads((tmp_path / "parts" / "result.json").read_text())
        assert (result["status"], result["error"]) == ("stopped", str(caught.value))
        assert last(tmp_path / "parts").metadata["step"] == 7
        resumed(config, tmp_path / "parts")
        assert_same_run(whole, tmp_path / "parts")

    def test_the_second_does_not_wait(self, tmp_path):
        def twice(run):
            signal.raise_signal(signal.SIGINT)
            time.sleep(signals.ONE)
            signal.raise_signal(signal.SIGINT)
            raise AssertionError("this is never reached")

        with pytest.raises(Interrupted, match=r"^interrupted in epoch 2 after step 7; continue with: "):
            train(small_config(), tmp_path / "run", At(7, twice))
        assert last(tmp_path / "run").metadata["step"] == 5
        assert json.loads((tmp_path / "run" / "result.json").read_text())["status"] == "stopped"

    @pytest.mark.parametrize("moment", ["last step", "last epoch", "test", "end"])
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
    def test_in_the_end_phase(self, tmp_path, whole, monkeypatch, moment, number):
        """The run is not called complete, and resuming it gives the bits of one that was."""
        config = small_config()
        with monkeypatch.context() as patch:
            if moment == "test":
                evaluate = Workers.evaluate
                patch.setattr(
                    Workers,
                    "evaluate",
                    lambda self, split, indices: (
                        split == "test" and signal.raise_signal(number),
                        evaluate(self, split, indices),
                    )[1],
                )
            with pytest.raises(Interrupted) as caught:
                train(config, tmp_path / "parts", Late(moment, lambda: signal.raise_signal(number)))
        assert caught.value.signal == number
        assert str(caught.value).endswith(f"after step 20; continue with: trainer resume {tmp_path / 'parts'}")
        assert json.loads((tmp_path / "parts" / "result.json").read_text())["status"] == "stopped"
        resumed(config, tmp_path / "parts")
        assert_same_run(whole, tmp_path / "parts")

    def test_when_the_result_is_written(self, tmp_path, monkeypatch):
        """The run is complete, which is said; the exit code is the signal's all the same."""
        write = ResultJson.on_fit_end
        monkeypatch.setattr(
            ResultJson, "on_fit_end", lambda *given: (write(*given), signal.raise_signal(signal.SIGTERM))
        )
        with pytest.raises(Interrupted, match=r"^terminated in epoch 4 after step 20; the run is complete, in "):
            train(small_config(), tmp_path / "run")
        assert json.loads((tmp_path / "run" / "result.json").read_text())["status"] == "completed"

    def test_a_validation_is_not_waited_for(self, tmp_path, monkeypatch):
        config = small_config("batch_size=100", "limit.train=200")  # two batches to validate
        train(config, tmp_path / "whole")
        evaluate, asked = Workers.evaluate, []

        def interrupted(self, split, indices):
            asked.append(split)
            if len(asked) == 1:
                signal.raise_signal(signal.SIGINT)
            return evaluate(self, split, indices)

        with monkeypatch.context() as patch:
            patch.setattr(Workers, "evaluate", interrupted)
            with pytest.raises(Interrupted, match="in epoch 1 after step 2; continue"):
                train(config, tmp_path / "parts")
        assert asked == ["validation"]
        resumed(config, tmp_path / "parts")
        assert_same_run(tmp_path / "whole", tmp_path / "parts")

    def test_without_checkpoints_nothing_is_promised(self, tmp_path):
        config = small_config("callbacks.checkpoints=null")
        with pytest.raises(Interrupted, match=r"^interrupted in epoch 1 after step 2$"):
            train(config, tmp_path / "run", At(2, lambda run: signal.raise_signal(signal.SIGINT)))
        assert json.loads((tmp_path / "run" / "result.json").read_text())["test"] is None

    def test_handlers_return(self):
        before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
        with signals.handled(print):
            assert signal.getsignal(signal.SIGTERM) != before[1]
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before

    def test_a_thread_trains_without_handlers(self, tmp_path):
        statuses = []
        thread = threading.Thread(target=lambda: statuses.append(train(small_config(), tmp_path / "run")["status"]))
        thread.start()
        thread.join()
        assert statuses == ["completed"]

    @pytest.mark.process
    @posix
    @pytest.mark.parametrize("workers", [1, 2])
    @pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_exit_codes(self, tmp_path, number, code, workers):
        process = start(*ENDLESS, f"parallel.workers={workers}", cwd=tmp_path, errors=tmp_path / "errors")
        try:
            wait_for_epoch(tmp_path / "run")
            process.send_signal(number)
            assert process.wait(timeout=60) == code
        finally:
            process.kill()
        place = re.escape(str(tmp_path / "run"))
        reason = r"(interrupted|terminated) in epoch \d+ after step \d+"
        told = (tmp_path / "errors").read_text()
        assert re.fullmatch(rf"error: {reason}; continue with: trainer resume {place}\n", told)
        assert last(tmp_path / "run").metadata["step"] > 0


class Late(Callback):
    """Does something near a run's end."""

    def __init__(self, moment: str, action) -> None:
        self.moment, self.action = moment, action

    def on_batch_end(self, run) -> None:
        if self.moment == "last step" and run.step == run.epochs * run.steps_per_epoch:
            self.action()

    def on_epoch_end(self, run, row) -> None:
        if self.moment == "last epoch" and run.epoch == run.epochs:
            self.action()

    def on_fit_end(self, run, result) -> None:
        if self.moment == "end" and result["status"] == "completed":
            self.action()


class TestNotFinite:
    """The first place is named, nothing is changed, the last checkpoint stays."""

    @pytest.mark.process
    @pytest.mark.parametrize("workers", [1, 2])
    @pytest.mark.parametrize(("accumulate", "steps", "step"), [(1, 5, 8), (2, 3, 5)])
    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_in_an_output(self, tmp_path, spoil, workers, accumulate, steps, step, value):
        config = small_config(f"parallel.workers={workers}", f"accumulate={accumulate}", "fuse=false")
        spoil("norm1.bias", step - 1, value)
        with pytest.raises(TrainingError) as caught:
            train(config, tmp_path / "run")
        assert str(caught.value).startswith(f"epoch 2, step {step}: the output of norm1 is not finite (loss ")
        assert str(caught.value).endswith("); lower optimizer.lr or set clip_norm")
        result = json.loads((tmp_path / "run" / "result.json").read_text())
        assert (result["status"], result["error"]) == ("failed", str(caught.value))
        assert last(tmp_path / "run").metadata["step"] == steps

    def test_after_the_last_step_of_an_epoch(self, tmp_path, spoil):
        spoil("head.bias", 10, np.inf)
        with pytest.raises(TrainingError, match=r"^epoch 2, step 10: the validation loss is (nan|inf) .*; lower "):
            train(small_config(), tmp_path / "run")
        assert last(tmp_path / "run").metadata["step"] == 5

    def test_the_last_good_checkpoint_stays(self, tmp_path, spoil):
        spoil("head.bias", 8, np.inf)
        with pytest.raises((TrainingError, CheckpointError)):
            train(small_config("callbacks.checkpoints.every_steps=1"), tmp_path / "run")
        assert last(tmp_path / "run").metadata["step"] == 7

    def test_in_a_gradient(self, tmp_path, monkeypatch):
        backward, calls = BatchNorm.backward, []

        def spoilt(self, ctx, dy):
            dx = backward(self, ctx, dy)
            calls.append(ctx)
            if len(calls) == 4:
                ctx.grads.weight[3] = np.nan
                dx[...] = np.nan
            return dx

        monkeypatch.setattr(BatchNorm, "backward", spoilt)
        with pytest.raises(TrainingError, match=r"^epoch 1, step 4: the gradient of norm1 is not finite"):
            train(small_config("fuse=false"), tmp_path / "run")

    @pytest.mark.process
    def test_too_high_a_rate(self, tmp_path):
        process = run(*FAST, "optimizer=sgd", "optimizer.lr=1e30", "hydra.run.dir=run", cwd=tmp_path)
        assert re.fullmatch(r"error: epoch 1, step \d+: the \S+ of \S+( \+ \S+)? is not finite .*\n", process.stderr)
        assert process.returncode == 1
        assert last(tmp_path / "run").metadata["step"] == 0

    @pytest.fixture
    def spoil(self, monkeypatch):
        """spoil(parameter, step, value): makes one number of a parameter not finite after a step."""

        def prepare(parameter, step, value):
            init = fit.Fit.__init__

            def spoilt(self, run, setup, workers, callbacks):
                def change(run):
                    workers.parameters[parameter][0] = value

                init(self, run, setup, workers, [At(step, change), *callbacks])

            monkeypatch.setattr(fit.Fit, "__init__", spoilt)

        return prepare


class Failing(Callback):
    def __init__(self, event):
        setattr(self, event, self.fail)

    def fail(self, *arguments):
        raise CrashError("a callback failed")


@pytest.mark.parametrize("event", ["on_fit_start", "on_batch_end", "on_epoch_end", "on_fit_end"])
def test_a_failing_callback_is_in_the_result(tmp_path, event):
    config = small_config()
    make = fit.make_callbacks
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "make_callbacks", lambda config: [Failing(event), *make(config)])
        with pytest.raises(CrashError):
            train(config, tmp_path / "run")
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert (result["status"], result["error"]) == ("failed", "a callback failed")


@pytest.mark.process
def test_one_run_in_a_directory(tmp_path):
    """The second is refused and changes nothing of the first."""
    process = start(*ENDLESS, cwd=tmp_path)
    try:
        wait_for_epoch(tmp_path / "run")
        before = {path.name: path.read_bytes() for path in (tmp_path / "run" / ".hydra").iterdir()}
        elsewhere = " or choose another directory with hydra.run.dir=DIR"
        for arguments, more in (["model=lenet5", "hydra.run.dir=run"], elsewhere), (["resume=run"], ""):
            second = run(*arguments, cwd=tmp_path)
            assert second.returncode == 2
            assert second.stderr == f"error: run: another run is writing here; wait until it has ended{more}\n"
        assert before == {path.name: path.read_bytes() for path in (tmp_path / "run" / ".hydra").iterdir()}
        assert process.poll() is None
    finally:
        process.kill()


def test_time_going_backwards(tmp_path, monkeypatch):
    """Durations come from a clock that cannot be set."""
    moments = iter(range(10**9, 0, -1))
    monkeypatch.setattr(time, "time", lambda: float(next(moments)))
    config = small_config("callbacks.time_limit.minutes=60", "callbacks.checkpoints.every_minutes=1")
    result = train(config, tmp_path / "run")
    assert result["status"] == "completed"
    assert result["seconds"] > 0
    assert all(row["seconds"] > 0 for row in rows(tmp_path / "run"))
    monkeypatch.undo()
    train(small_config(), tmp_path / "other")
    assert_same(without_times(last(tmp_path / "run")), without_times(last(tmp_path / "other")))
