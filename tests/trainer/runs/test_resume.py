"""A run that was stopped and resumed ends in the bits of one that was not."""

import json
import os
import random
import re
import shutil
import signal
import time
from itertools import cycle, islice

import numpy as np
import pytest

from tests.helpers.process import FAST, run, start
from tests.helpers.training import (
    LAYERS,
    At,
    CrashError,
    assert_same_run,
    crash,
    last,
    resumed,
    rows,
    small_config,
    train,
)
from trainer import CONFIGS, load
from trainer.compose.schema import ConfigError
from trainer.runs import checkpoint, resume
from trainer.runs.checkpoint import Checkpoint, CheckpointError

RESUMES = int(os.environ.get("TRAINER_RESUMES", "2"))
OPTIMIZERS, SCHEDULES = (
    sorted(path.stem for path in (CONFIGS / group).glob("*.yaml")) for group in ("optimizer", "schedule")
)
MOST = max(len(OPTIMIZERS), len(SCHEDULES))
PAIRS = [*islice(zip(cycle(OPTIMIZERS), cycle(SCHEDULES), strict=False), MOST)]  # each of both at least once


def stop(run):
    run.stop("stopped by the test")


@pytest.mark.parametrize(("optimizer", "schedule"), PAIRS)
def test_every_optimizer_and_schedule(tmp_path, optimizer, schedule):
    config = small_config(f"optimizer={optimizer}", f"schedule={schedule}")
    train(config, tmp_path / "whole")
    train(config, tmp_path / "parts", At(8, stop))
    resumed(config, tmp_path / "parts", At(16, stop))
    resumed(config, tmp_path / "parts")
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_a_plateau_is_remembered(tmp_path):
    """Every epoch counts as none better, and every second one reduces the rate."""
    config = small_config("schedule=plateau", "schedule.patience=1", "schedule.threshold=1e9", "schedule.factor=0.5")
    train(config, tmp_path / "whole")
    assert [row["lr"] for row in rows(tmp_path / "whole")] == [0.003, 0.003, 0.003, 0.0015]
    train(config, tmp_path / "parts", At(12, stop))
    resumed(config, tmp_path / "parts", At(17, stop))
    resumed(config, tmp_path / "parts")
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """uninterrupted(configuration): a run that nothing stopped."""
    known = []

    def trained(config):
        if config not in [each for each, _ in known]:
            known.append((config, tmp_path_factory.mktemp("whole")))
            train(*known[-1])
        return next(directory for each, directory in known if each == config)

    return trained


@pytest.fixture
def whole(uninterrupted):
    """A run of the usual configuration that nothing stopped."""
    return uninterrupted(small_config())


@pytest.mark.parametrize("step", [1, 4, 5, 6, 14, 15, 19])
def test_any_step(tmp_path, whole, step):
    """Also the last one of an epoch, which stops before validation."""
    config = small_config()
    train(config, tmp_path / "parts", At(step, stop))
    assert last(tmp_path / "parts").metadata["step"] == step
    resumed(config, tmp_path / "parts")
    assert_same_run(whole, tmp_path / "parts")


@pytest.mark.process
@pytest.mark.parametrize(
    "overrides",
    [
        ("parallel.workers=3", "batch_size=100", "accumulate=3", "clip_norm=0.5"),
        ("accumulate=2", "clip_norm=0.1", "batch_size=70"),
        ("validation=0.0",),
        ("precision=float64", "fuse=false"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("end", [stop, crash])
def test_options(tmp_path, uninterrupted, overrides, end):
    config = small_config(*overrides)
    if config["validation"] == 0:
        config["callbacks"] = config["callbacks"] | {"checkpoints": {"_target_": "trainer.callbacks.Checkpoints"}}
    whole = uninterrupted(config)
    try:
        train(config, tmp_path / "parts", At(7, end))
    except CrashError:
        assert last(tmp_path / "parts").metadata["step"] <= 7
    resumed(config, tmp_path / "parts")
    if config["validation"]:
        assert_same_run(whole, tmp_path / "parts")
    else:  # there is no best
        whole, parts = last(whole), last(tmp_path / "parts")
        assert all(np.array_equal(array, parts.tensors[name]) for name, array in whole.tensors.items())


@pytest.mark.process
@pytest.mark.parametrize("workers", [1, 2])
def test_shared_parameters_are_kept_once(tmp_path, workers):
    linear = {"_target_": "models.Linear", "out_features": 16}
    layers = dict(LAYERS)
    norm = layers.pop("norm1")
    layers = {
        "flatten": layers.pop("flatten"),
        "fc1": linear,
        "norm1": norm,
        "fc2": linear,
        "fc3": linear | {"shared_with": "fc2"},
        "fc4": linear | {"shared_with": {"weight": "fc2.weight"}},
        "head": layers.pop("head"),
    }
    config = small_config(f"parallel.workers={workers}", model={"layers": layers})
    train(config, tmp_path / "whole")
    train(config, tmp_path / "parts", At(7, stop))
    resumed(config, tmp_path / "parts")
    assert_same_run(tmp_path / "whole", tmp_path / "parts")
    weights = {name for name in last(tmp_path / "whole").tensors if name.startswith("fc")}
    assert weights == {"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "fc4.bias"}
    network = load(tmp_path / "whole")
    assert network.predict(np.zeros((2, 1, 8, 8), np.uint8)).shape == (2, 10)


@pytest.mark.parametrize("written", ["last", "last and best"])
def test_killed_between_last_and_best(tmp_path, whole, written):
    """The weights of the best epoch are in one of the two at any moment."""
    config = small_config("callbacks.checkpoints.every_steps=1")
    before = None

    def keep(run):
        nonlocal before
        before = (run.directory / resume.BEST).read_bytes()

    parts = tmp_path / "parts"
    with pytest.raises(CrashError):
        train(config, parts, At(9, keep), At(11, crash))
    assert last(parts).metadata["step"] >= 10
    saved = checkpoint.read(parts / resume.BEST)
    assert saved.metadata["epoch"] == 2  # it became better, so both files were written after step 10
    checkpoint.write(saved, parts / resume.LAST)
    if written == "last":
        (parts / resume.BEST).write_bytes(before)
    resumed(config, parts, At(12, stop))
    resumed(config, parts)
    assert_same_run(whole, parts)


@pytest.mark.process
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.parametrize("workers", [1, 2])
def test_killed_at_random_moments(tmp_path, workers):
    arguments = [
        *("model=mlp", "batch_size=40", "callbacks.checkpoints.every_steps=7"),
        *("callbacks.curves=null", "callbacks.report=null", f"epochs={5 * RESUMES}"),
        "model.layers.act1._target_=models.Dropout",
        f"parallel.workers={workers}",
    ]
    whole = run(*arguments, "hydra.run.dir=whole", cwd=tmp_path)
    assert whole.returncode == 0, whole.stderr
    moments = random.Random(workers)
    first = [*arguments, "hydra.run.dir=parts"]
    steps = []
    for _ in range(RESUMES):
        log = tmp_path / "parts" / "train.log"
        lines = log.read_text().count("\n") if log.exists() else 0
        process = start(*(first if not steps else ["resume=parts"]), cwd=tmp_path)
        while process.poll() is None and not (
            (tmp_path / "parts" / resume.LAST).exists() and log.read_text().count("\n") >= lines + bool(steps)
        ):
            time.sleep(0.005)
        time.sleep(moments.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        process.wait()
        steps.append(last(tmp_path / "parts").metadata["step"])
    assert steps == sorted(steps)
    assert last(tmp_path / "parts").metadata["epoch"] < 5 * RESUMES  # every kill came before the end
    rest = run("resume=parts", cwd=tmp_path)
    assert rest.returncode == 0, rest.stderr
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


class TestOverrides:
    """What may change, and how it is said."""

    @pytest.fixture(scope="class")
    @classmethod
    def finished(cls, tmp_path_factory):
        folder = tmp_path_factory.mktemp("runs")
        process = run(*FAST, "optimizer=sgd", "hydra.run.dir=run", cwd=folder)
        assert process.returncode == 0, process.stderr
        return folder / "run"

    @pytest.fixture
    def directory(self, finished, tmp_path):
        return shutil.copytree(finished, tmp_path / "run")

    @pytest.mark.process
    def test_more_epochs_and_another_rate(self, directory):
        process = run("resume=run", "epochs=3", "optimizer.momentum=0.5", cwd=directory.parent)
        assert process.returncode == 0, process.stderr
        first, *rest = process.stdout.splitlines()
        assert re.fullmatch(rf"resuming {re.escape(str(directory))} after epoch 2, step \d+", first)
        assert rest[:2] == ["  optimizer.momentum: 0.9 -> 0.5", "  epochs: 2 -> 3"]
        assert [line.split(",")[0] for line in (directory / "metrics.csv").read_text().splitlines()[1:]] == list("123")
        assert process.stdout in (directory / "train.log").read_text()
        assert json.loads((directory / "result.json").read_text())["epochs"] == 3
        again = run("resume=run", "epochs=4", cwd=directory.parent)  # what was changed stays changed
        assert again.stdout.splitlines()[1:2] == ["  epochs: 3 -> 4"]

    @pytest.mark.process  # the run that is resumed is one of the command line
    @pytest.mark.parametrize(
        ("override", "line"),
        [
            ("batch_size=32", "batch_size=32: cannot be 32 in a run that began with 256; start a new run"),
            ("seed=1", "seed=1: cannot be 1 in a run that began with 0; start a new run"),
            ("model.layers.fc1.out_features=7", "model.layers.fc1.out_features=7: cannot be 7 in a run that began"),
            (
                "optimizer=adam",
                "optimizer=adam: a resumed run keeps its optimizer; give options of it, as in optimizer.KEY=VALUE",
            ),
            ("epochs=1", "epochs: 1 is less than the 2 that the run has finished"),
            ("epocs=3", "epocs=3: no option 'epocs'; did you mean 'epochs'?"),
        ],
    )
    def test_refused(self, directory, trainer_here, capfd, override, line):
        before = {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
        assert trainer_here("resume=run", override) == 2
        told = capfd.readouterr().err
        assert told.startswith(f"error: {line}")
        assert told.count("\n") == 1
        assert {path for path, content in before.items() if path.read_bytes() != content} <= {directory / "train.log"}

    def test_nothing_to_resume(self, tmp_path, trainer_here, capfd):
        line = "no checkpoints/last.safetensors; give the directory of a run that has begun to train"
        assert trainer_here("resume=nowhere") == 2
        assert capfd.readouterr().err == f"error: resume: nowhere has {line}\n"
        assert not list(tmp_path.iterdir())

    @pytest.mark.process
    def test_no_sweep(self, directory, trainer_here, capfd):
        assert trainer_here("--multirun", "resume=run", "epochs=3,4") == 2
        assert capfd.readouterr().err == "error: resume=run: a run is resumed alone, without --multirun\n"

    @pytest.mark.process
    def test_code_of_others_is_not_run(self, directory, trainer_here, capfd):
        saved = last(directory)
        saved.metadata["config"]["callbacks"]["evil"] = {"_target_": "os.system", "command": "true"}
        saved.metadata["config"]["allow"] = ["os"]
        checkpoint.write(saved, directory / resume.LAST)
        assert trainer_here("resume=run") == 2
        assert "os.system: only classes of models, datasets, trainer may be named" in capfd.readouterr().err


class TestUnfitCheckpoints:
    def spoil(self, directory, name=resume.LAST, **metadata):
        saved = checkpoint.read(directory / name)
        checkpoint.write(Checkpoint(saved.tensors, {**saved.metadata, **metadata}), directory / name)

    @pytest.fixture(scope="class")
    @classmethod
    def kept(cls, tmp_path_factory):
        directory = tmp_path_factory.mktemp("stopped")
        train(small_config(), directory, At(7, stop))
        return directory

    @pytest.fixture
    def stopped(self, kept, tmp_path):
        self.config = small_config()
        return shutil.copytree(kept, tmp_path / "run")

    def refused(self, directory, name=resume.LAST):
        with pytest.raises(CheckpointError) as caught:
            resumed(self.config, directory)
        assert str(caught.value).startswith(f"{directory / name}: ")
        return str(caught.value).removeprefix(f"{directory / name}: ")

    def test_generators(self, stopped):
        self.spoil(stopped, generators={"drop1": {"bit_generator": "PCG64", "state": {"state": -1, "inc": "x"}}})
        assert self.refused(stopped) == "metadata: generators.drop1: not a generator's state"

    def test_generator_of_no_layer(self, stopped):
        states = last(stopped).metadata["generators"]
        self.spoil(stopped, generators={"other": states["drop1"]})
        assert self.refused(stopped) == "metadata: generators: no layer other"

    def test_slots_missing(self, stopped):
        saved = last(stopped)
        kept = {name: array for name, array in saved.tensors.items() if not name.startswith("optimizer/")}
        checkpoint.write(Checkpoint(kept, saved.metadata), stopped / resume.LAST)
        assert "missing" in self.refused(stopped)

    def test_tally(self, stopped):
        self.spoil(stopped, tally={"samples": 1, "los": 2})
        assert self.refused(stopped).startswith("metadata: tally: ")

    def test_other_data(self, stopped):
        self.spoil(stopped, steps_per_epoch=6, step=8)
        assert self.refused(stopped) == "an epoch had 6 steps and now has 5; the data has changed"

    def test_fingerprint(self, stopped):
        self.spoil(stopped, fingerprint="")
        assert self.refused(stopped) == "its fingerprint is not that of its configuration"

    def test_best_of_another_epoch(self, stopped):
        self.spoil(stopped, resume.BEST, epoch=0, step=0, history=[], metrics={"rows": 0, "bytes": 0, "sha256": ""})
        assert "is not of epoch 1, the best of" in self.refused(stopped, resume.BEST)

    def test_best_missing(self, stopped):
        (stopped / resume.BEST).unlink()
        assert self.refused(stopped, resume.BEST) == "no such file"

    def test_changed_configuration(self, stopped):
        self.config["seed"] = 3
        with pytest.raises(ConfigError, match="cannot be 3 in a run that began with 0"):
            resumed(self.config, stopped)


def test_fingerprint_is_of_what_cannot_change():
    config = small_config()
    same = [config | {"epochs": 9, "clip_norm": 1.0}, config | {"optimizer": config["optimizer"] | {"lr": 3.0}}]
    other = [config | {"seed": 1}, config | {"optimizer": {"_target_": "trainer.optimizers.SGD"}}]
    assert {resume.fingerprint(each) for each in same} == {resume.fingerprint(config)}
    assert resume.fingerprint(config) not in {resume.fingerprint(each) for each in other}
