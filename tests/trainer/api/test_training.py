"""Runs from Python are those of the command line."""

import json
import logging
import re
import signal
import sys
import threading
from types import ModuleType

import numpy as np
import pytest
import yaml

from tests.helpers.threads import at_once
from trainer import configure, load, models, train
from trainer.ground.errors import ConfigError, TrainingError
from trainer.models import Linear
from trainer.runs import checkpoint
from trainer.runs.locked import locked
from trainer.training import fit

BARE = {"model": "mlp", "epochs": 2, "batch_size": 256, "limit": {"train": 512}, "parallel": {"workers": 1}}
FAST = BARE | {"callbacks.curves": None, "callbacks.report": None}
SMALL = {"layers": {"fc1": Linear(8), "act1": models.ReLU(), "head": Linear(10)}}


class Wider(Linear):
    """A layer of ours under a name of ours."""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (5, 8, 8)).astype(np.uint8)


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.process)])
def test_same_bits_as_the_command_line(workers, tmp_path):
    config = configure(**FAST | {"parallel": {"workers": workers}})
    (tmp_path / "plain").mkdir()
    result = fit.train(config.to_dict(), tmp_path / "plain")
    run = train(config, "own")
    assert run.figures["test"] == result["test"]
    for name in ("best", "last"):
        saved = checkpoint.read(tmp_path / f"own/checkpoints/{name}.safetensors")
        other = checkpoint.read(tmp_path / f"plain/checkpoints/{name}.safetensors")
        assert saved.metadata["config"] == other.metadata["config"]
        for tensor, values in other.tensors.items():
            assert saved.tensors[tensor].tobytes() == values.tobytes()


@pytest.mark.slow
def test_what_comes_back(images, capsys):
    run = train(configure(**FAST))
    assert run.directory.parent.as_posix() == "outputs/mlp-digits"
    assert [row["epoch"] for row in run.history] == [1, 2]
    written = json.loads((run.directory / "result.json").read_text())
    assert written["test"] == run.figures["test"]
    assert {"epoch", "val_loss"} <= run.figures["best"].keys()
    loaded = load(run.directory)
    assert loaded.path == run.network.path
    np.testing.assert_array_equal(loaded.predict(images), run.network.predict(images))
    said = capsys.readouterr().out
    assert said == (run.directory / "train.log").read_text()
    assert len([line for line in said.splitlines() if re.match(r" *\d+/2 ", line)]) == 2
    assert yaml.safe_load((run.directory / ".hydra/config.yaml").read_text())["epochs"] == 2
    assert "limit.train=512" in yaml.safe_load((run.directory / ".hydra/overrides.yaml").read_text())


@pytest.mark.slow
def test_representations():
    run = train(configure(**BARE), "a<b", quiet=True)
    assert repr(run).startswith("<TrainedRun mlp-digits: 2 epochs in ")
    page = run._repr_html_()
    assert page.count("<tr>") == 3
    assert "(kept)" in page
    assert f"<td>{run.history[0]['val_loss']:.4f}</td>" in page  # with the digits of the command line
    assert "a&lt;b" in page
    assert "data:image/png;base64," in page
    (run.directory / "plots/curves.png").unlink()
    assert "<img" not in run._repr_html_()


@pytest.mark.slow
def test_quiet(capfd):
    run = train(configure(**FAST), quiet=True)
    assert capfd.readouterr() == ("", "")
    log = (run.directory / "train.log").read_text()
    assert re.search(r"^ *2/2 ", log, re.MULTILINE)
    assert "test loss" in log


@pytest.mark.slow
def test_the_logger_is_left_as_it_was(caplog):
    logger = logging.getLogger("trainer")
    before = logger.level, logger.propagate, logger.handlers[:]
    train(configure(**FAST), quiet=True)
    assert (logger.level, logger.propagate, logger.handlers) == before
    assert not caplog.records
    with caplog.at_level(logging.INFO, "trainer"):
        train(configure(**FAST), quiet=True)
    assert "test loss" in caplog.text


@pytest.mark.slow
def test_directories_of_ones_own_and_given(tmp_path):
    config = configure(**FAST | {"epochs": 1})
    first, second = (train(config, quiet=True).directory for _ in range(2))
    assert first != second
    (tmp_path / "given").mkdir()
    assert train(config, tmp_path / "given", quiet=True).directory == tmp_path / "given"


def test_the_directory_of_another_run_is_left_alone(tmp_path):
    (tmp_path / "taken").mkdir()
    with locked(tmp_path / "taken"):
        with pytest.raises(ConfigError, match=r"another run is writing here; wait .* or choose .* with directory=DIR"):
            train(configure(**FAST), "taken")
        assert [path.name for path in (tmp_path / "taken").iterdir()] == [".lock"]


def test_what_is_no_configuration():
    with pytest.raises(TypeError, match="train takes what configure returns"):
        train("model=mlp")


def test_without_checkpoints_and_validation(images):
    run = train(configure("~callbacks", **BARE, validation=0), quiet=True)
    assert run.network.path is None
    assert run.figures["best"] is None
    assert run.network.predict(images).shape == (5, 10)


@pytest.mark.slow
def test_in_threads():
    """Each has its own log and directory, and signals are not touched."""
    before = signal.getsignal(signal.SIGINT)
    configs = [configure(**FAST | {"model": SMALL, "seed": seed}) for seed in (0, 1)]
    alone = [train(config, f"alone{n}", quiet=True) for n, config in enumerate(configs)]

    def trained(number):
        return train(configs[number], f"thread{number}")

    together = [runs[0] for runs in at_once(trained, [0, 1])]
    for one, other in zip(alone, together, strict=True):
        assert one.figures["final"]["train_loss"] == other.figures["final"]["train_loss"]
        assert one.network.parameters.data.tobytes() == other.network.parameters.data.tobytes()
        lines = (other.directory / "train.log").read_text().splitlines()
        assert len([line for line in lines if re.match(r" *\d+/2 ", line)]) == 2
        assert lines[-1] == f"everything is in {other.directory}"
    assert signal.getsignal(signal.SIGINT) is before
    assert not logging.getLogger("trainer").handlers


def test_no_signal_handler_is_set_outside_the_main_thread(monkeypatch):
    calls = []
    monkeypatch.setattr(signal, "signal", lambda *arguments: calls.append(arguments))
    thread = threading.Thread(target=train, args=(configure(**FAST | {"epochs": 1}),), kwargs={"quiet": True})
    thread.start()
    thread.join()
    assert not calls


def test_a_failure_is_the_line_of_the_log(tmp_path):
    config = configure(**FAST, optimizer={"_target_": "trainer.optimizers.SGD", "lr": 1e30})
    with pytest.raises(TrainingError, match=r"^epoch 1, step \d+: .* is not finite .*; lower optimizer\.lr") as caught:
        train(config, "failed", quiet=True)
    assert (tmp_path / "failed/train.log").read_text().splitlines()[-1] == f"error: {caught.value}"
    result = json.loads((tmp_path / "failed/result.json").read_text())
    assert (result["status"], result["error"]) == ("failed", str(caught.value))


def test_a_failure_before_the_first_step_leaves_its_reason(tmp_path):
    config = configure(**FAST | {"data": "fashion_mnist", "data.root": str(tmp_path / "nowhere")})
    with pytest.raises(Exception, match="nowhere") as caught:
        train(config, "failed", quiet=True)
    result = json.loads((tmp_path / "failed/result.json").read_text())
    assert (result["status"], result["error"]) == ("failed", str(caught.value))


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.process)])
def test_a_network_built_in_code(workers, images):
    run = train(configure(**FAST | {"model": SMALL, "parallel": {"workers": workers}}), "own", quiet=True)
    np.testing.assert_array_equal(load("own").predict(images), run.network.predict(images))
    assert [node.name for node in run.network.graph.nodes] == ["fc1", "act1", "head"]


def test_a_layer_of_a_notebook(images, monkeypatch):
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    monkeypatch.setattr(sys.modules["__main__"], "Wider", Wider, raising=False)
    monkeypatch.setattr(Wider, "__module__", "__main__")
    own = FAST | {"model": {"layers": {"a": Wider(12), "head": Linear(10)}}}
    with pytest.raises(ConfigError, match=r"^parallel\.workers=2: only one worker finds classes .* put them"):
        configure(**own | {"parallel": {"workers": 2}})
    config = configure(**own | {"parallel": {"workers": "auto"}})
    assert config.parallel.workers == 1
    run = train(config, "own", quiet=True)
    np.testing.assert_array_equal(load("own", allow=["__main__"]).predict(images), run.network.predict(images))
    with pytest.raises(ConfigError, match=r"only classes of models, .*; trust .* load\(run, allow=\['__main__'\]\)"):
        load("own")
