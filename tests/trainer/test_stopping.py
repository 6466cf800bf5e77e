"""Ends of a run before its last epoch, and what it says of them."""

import json
import os
import re
import signal
import subprocess
import threading
import time

import numpy as np
import pytest

from models import BatchNorm
from tests.helpers.checkpoints import assert_same
from tests.helpers.training import (
    At,
    CrashError,
    assert_same_run,
    command,
    last,
    resumed,
    run,
    small_config,
    train,
    without_times,
)
from trainer import checkpoint, fit, stopping
from trainer.callbacks import Callback, Checkpoints, EarlyStopping, Target, TimeLimit
from trainer.checkpoint import CheckpointError
from trainer.config import ConfigError
from trainer.fit import TrainingError
from trainer.stopping import Interrupted

posix = pytest.mark.skipif(os.name == "nt", reason="signals cannot be sent to one process")


class TestSignals:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_the_step_is_finished_and_the_run_can_go_on(self, tmp_path, number):
        config = small_config()
        train(config, tmp_path / "whole")
        with pytest.raises(Interrupted) as caught:
            train(config, tmp_path / "parts", At(7, lambda run: signal.raise_signal(number)))
        word = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}[number]
        assert str(caught.value) == f"{word} in epoch 2 after step 7; go on with resume={tmp_path / 'parts'}"
        result = json.loads((tmp_path / "parts" / "result.json").read_text())
        assert (result["status"], result["error"]) == ("stopped", str(caught.value))
        assert last(tmp_path / "parts").metadata["step"] == 7
        resumed(config, tmp_path / "parts")
        assert_same_run(tmp_path / "whole", tmp_path / "parts")

    def test_the_second_does_not_wait(self, tmp_path):
        def twice(run):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            raise AssertionError("this is never reached")

        with pytest.raises(Interrupted, match=r"^interrupted$"):
            train(small_config(), tmp_path / "run", At(7, twice))
        assert last(tmp_path / "run").metadata["step"] == 5
        assert json.loads((tmp_path / "run" / "result.json").read_text())["status"] == "stopped"

    def test_without_checkpoints_nothing_is_promised(self, tmp_path):
        config = small_config("callbacks.checkpoints=null")
        with pytest.raises(Interrupted, match=r"^interrupted in epoch 1 after step 2$"):
            train(config, tmp_path / "run", At(2, lambda run: signal.raise_signal(signal.SIGINT)))
        assert json.loads((tmp_path / "run" / "result.json").read_text())["test"] is None

    def test_handlers_return(self):
        before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
        with stopping.signals(print):
            assert signal.getsignal(signal.SIGTERM) != before[1]
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before

    def test_a_thread_trains_without_handlers(self, tmp_path):
        statuses = []
        thread = threading.Thread(target=lambda: statuses.append(train(small_config(), tmp_path / "run")["status"]))
        thread.start()
        thread.join()
        assert statuses == ["completed"]

    @posix
    @pytest.mark.parametrize("workers", [1, 2])
    @pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_exit_codes(self, tmp_path, number, code, workers):
        line, environment = command("model=mlp", "epochs=100000", "hydra.run.dir=run", f"parallel.workers={workers}")
        pipe = subprocess.PIPE
        with subprocess.Popen(line, cwd=tmp_path, env=environment, stdout=pipe, stderr=pipe, text=True) as process:
            try:
                assert "epoch" in process.stdout.readline()
                process.send_signal(number)
                _, errors = process.communicate(timeout=60)
            finally:
                process.kill()
        assert process.returncode == code
        place = re.escape(str(tmp_path / "run"))
        reason = r"(interrupted|terminated) in epoch \d+ after step \d+"
        assert re.fullmatch(rf"error: {reason}; go on with resume={place}\n", errors)
        assert last(tmp_path / "run").metadata["step"] > 0


class TestNotFinite:
    """The first place is named, nothing is changed, the last checkpoint stays."""

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
        with pytest.raises(TrainingError, match=r"^epoch 2, step 10: the validation loss is (nan|inf); lower "):
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

    def test_too_high_a_rate(self, tmp_path):
        process = run("model=mlp", "optimizer=sgd", "optimizer.lr=1e30", "hydra.run.dir=run", cwd=tmp_path)
        assert re.fullmatch(r"error: epoch 1, step \d+: the \S+ of \S+ is not finite .*\n", process.stderr)
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


class TestEarlyEnds:
    def history(self, *values, metric="val_loss"):
        return [{"epoch": number, metric: value} for number, value in enumerate(values, 1)]

    def stops(self, callback, rows):
        """After how many epochs the callback stops; None if it does not."""

        class Watched:
            history, stopping = [], None

            def stop(self, reason):
                self.stopping = reason

        watched = Watched()
        callback.on_fit_start(watched)
        for row in rows:
            watched.history = [*watched.history, row]
            callback.on_epoch_end(watched, row)
            if watched.stopping:
                return len(watched.history)
        return None

    @pytest.mark.parametrize(
        ("options", "values", "epoch"),
        [
            ({"patience": 2}, (3, 2, 1, 1, 2), 5),  # equal is not better
            ({"patience": 2}, (3, 4, 2, 3, 1, 2, 3), 7),
            ({"patience": 1}, (3, 2, 1), None),
            ({"patience": 1}, (1, 2), 2),
            ({"patience": 2, "min_delta": 0.5}, (3, 2.75, 2.51, 1), 3),
            ({"patience": 2, "min_delta": 0.5}, (3, 2.75, 2.4, 2.3, 1.8), None),  # against the best that counted
            ({"patience": 2, "mode": "max"}, (1, 2, 1, 2), 4),
            ({"patience": None}, (1, 2, 3, 4), None),
        ],
    )
    def test_patience(self, options, values, epoch):
        assert self.stops(EarlyStopping(**options), self.history(*values)) == epoch

    @pytest.mark.parametrize(
        ("options", "values", "epoch"),
        [
            ({"value": 0.9}, (0.8, 0.9, 1.0), 2),
            ({"value": 0.9}, (0.8, 0.89), None),
            ({"value": 0.5, "monitor": "val_loss", "mode": "min"}, (0.8, 0.6, 0.5), 3),
            ({"value": None}, (0.8, 0.9, 1.0), None),
        ],
    )
    def test_target(self, options, values, epoch):
        metric = options.get("monitor", "val_accuracy")
        assert self.stops(Target(**options), self.history(*values, metric=metric)) == epoch

    def test_a_metric_that_the_run_does_not_have(self):
        with pytest.raises(ConfigError, match="EarlyStopping: this run has no val_loss; monitor another metric"):
            self.stops(EarlyStopping(patience=1), [{"epoch": 1, "train_loss": 1.0, "val_loss": None}])

    @pytest.mark.parametrize(
        ("make", "option"),
        [
            (lambda: EarlyStopping(patience=0), "patience"),
            (lambda: EarlyStopping(min_delta=-1.0), "min_delta"),
            (lambda: TimeLimit(minutes=0), "minutes"),
        ],
    )
    def test_unfit_options(self, make, option):
        with pytest.raises(ValueError, match=f"^{option}: "):
            make()

    def test_a_run_ends_with_its_best_weights(self, tmp_path):
        options = ("callbacks.early_stopping.patience=1", "callbacks.early_stopping.min_delta=9.0")
        config = small_config(*options, "epochs=50")
        result = train(config, tmp_path / "run")
        assert (result["status"], result["epochs"]) == ("completed", 2)
        assert result["reason"] == "no better val_loss for 1 epochs"
        assert result["test"] is not None

    def test_counters_survive_a_resume(self, tmp_path):
        """The epochs waited before the checkpoint count after it."""
        options = ("callbacks.early_stopping.patience=3", "callbacks.early_stopping.min_delta=9.0")
        config = small_config(*options)
        train(config, tmp_path / "parts", At(12, lambda run: run.stop("stopped by the test")))
        assert resumed(config, tmp_path / "parts")["epochs"] == 4
        again = resumed(config, tmp_path / "parts")
        assert (again["epochs"], again["status"]) == (4, "completed")

    def test_time_limit(self, tmp_path, monkeypatch):
        now = iter(range(0, 10**9, 10))
        monkeypatch.setattr("trainer.callbacks.early_stopping.monotonic", lambda: next(now))
        config = small_config("callbacks.time_limit.minutes=1")
        result = train(config, tmp_path / "run")
        assert (result["epochs"], result["status"]) == (1, "completed")
        assert result["reason"] == "the time limit of 1 minutes is over"
        assert last(tmp_path / "run").metadata["step"] == 6
        train(small_config(), tmp_path / "whole")
        resumed(small_config(), tmp_path / "run")
        assert_same_run(tmp_path / "whole", tmp_path / "run")


class TestCheckpointTimes:
    """How often the last checkpoint is written."""

    def steps(self, monkeypatch, tmp_path, *overrides):
        written = []
        write = checkpoint.write

        def noted(saved, path):
            write(saved, path)
            written.append((path.stem, saved.metadata["step"]))

        monkeypatch.setattr(checkpoint, "write", noted)
        train(small_config(*overrides, "epochs=2"), tmp_path / "run")
        return [step for name, step in written if name == "last"]

    def test_every_epoch(self, monkeypatch, tmp_path):
        assert self.steps(monkeypatch, tmp_path) == [0, 5, 10]

    def test_every_steps(self, monkeypatch, tmp_path):
        assert self.steps(monkeypatch, tmp_path, "callbacks.checkpoints.every_steps=2") == [0, 2, 4, 5, 7, 9, 10]

    def test_every_minutes(self, monkeypatch, tmp_path):
        now = iter(range(0, 10**9, 30))
        monkeypatch.setattr("trainer.callbacks.checkpoints.monotonic", lambda: next(now))
        steps = self.steps(monkeypatch, tmp_path, "callbacks.checkpoints.every_minutes=1")
        assert len(steps) > 3

    @pytest.mark.parametrize("option", ["every_steps", "every_minutes"])
    def test_unfit_options(self, option):
        with pytest.raises(ValueError, match=rf"^{option}: 0 is not positive"):
            Checkpoints(**{option: 0})


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


class TestGradients:
    def test_accumulated_gradients_equal_those_of_one_batch(self, tmp_path):
        """In float64 and without what depends on the batch: BatchNorm and Dropout."""
        layers = {"flatten": {"_target_": "models.Flatten"}, "head": {"_target_": "models.Linear", "out_features": 10}}
        runs = [(300, 1, 1), (100, 3, 1), (100, 3, 2), (50, 6, 1)]
        weights = []
        for number, (batch_size, accumulate, workers) in enumerate(runs):
            sizes = (f"batch_size={batch_size}", f"accumulate={accumulate}", f"parallel.workers={workers}")
            config = small_config(*sizes, "precision=float64", "optimizer=sgd")
            train(config | {"model": {"layers": layers}}, tmp_path / str(number))
            weights.append(last(tmp_path / str(number)))
        assert len({saved.metadata["step"] for saved in weights}) == 1
        for saved in weights[1:]:
            expected = weights[0].tensors["head.weight"]
            np.testing.assert_allclose(saved.tensors["head.weight"], expected, rtol=0, atol=1e-12)

    @pytest.mark.parametrize("workers", [1, 2])
    def test_clipping(self, tmp_path, workers):
        """With plain SGD at rate 1 a step is as long as the gradient: clipped, exactly clip_norm."""
        options = ("schedule=constant", "clip_norm=0.01", "epochs=1", "precision=float64")
        config = small_config(*options, f"parallel.workers={workers}")
        config["optimizer"] = {"_target_": "trainer.optimizers.SGD", "lr": 1.0}
        states = []
        train(config, tmp_path / "run", *(At(step, lambda run: states.append(run.snapshot())) for step in (1, 2)))
        names = [name for name in states[0].parameters if "running" not in name]
        moved = sum(np.sum((states[1].tensors[name] - states[0].tensors[name]) ** 2) for name in names) ** 0.5
        assert moved == pytest.approx(0.01, rel=1e-9)

    def test_a_norm_that_is_never_reached_changes_nothing(self, tmp_path):
        train(small_config(), tmp_path / "one")
        train(small_config("clip_norm=1e9"), tmp_path / "other")
        one, other = (last(tmp_path / name) for name in ("one", "other"))
        for name, array in one.tensors.items():
            assert np.array_equal(array, other.tensors[name])


def test_one_run_in_a_directory(tmp_path):
    """The second is refused and changes nothing of the first."""
    line, environment = command("model=mlp", "epochs=100000", "hydra.run.dir=run")
    with subprocess.Popen(line, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert "epoch" in process.stdout.readline()
            before = {path.name: path.read_bytes() for path in (tmp_path / "run" / ".hydra").iterdir()}
            for arguments in (["model=lenet5", "hydra.run.dir=run"], ["resume=run"]):
                second = run(*arguments, cwd=tmp_path)
                assert second.returncode == 2
                assert second.stderr == (
                    "error: run: another run is writing here; wait until it has ended or choose another directory with "
                    "hydra.run.dir=DIR\n"
                )
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
    assert all(row["seconds"] > 0 for row in last(tmp_path / "run").metadata["history"])
    monkeypatch.undo()
    train(small_config(), tmp_path / "other")
    assert_same(without_times(last(tmp_path / "run")), without_times(last(tmp_path / "other")))
