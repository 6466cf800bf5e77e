"""Errors as lines and exit codes."""

import errno

import pytest
from hydra.errors import OverrideParseException

from trainer.compose.errors import USER_ERRORS, exit_code, explain, located
from trainer.compose.locate import line_of, override_of
from trainer.compose.schema import ConfigError
from trainer.datasets import DataError
from trainer.models import GraphError
from trainer.training.fit import TrainingError


@pytest.mark.parametrize(
    ("error", "line", "code"),
    [
        (GraphError("no layers", "give one"), "no layers; give one", 2),
        (GraphError("no layers", "give one", "graph"), "graph: no layers; give one", 2),
        (ConfigError("wrong", "epochs", "run/last.safetensors: epochs"), "run/last.safetensors: epochs: wrong", 2),
        (DataError("train.gz: truncated"), "train.gz: truncated", 1),
        (TrainingError("epoch 3: the loss is nan"), "epoch 3: the loss is nan", 1),
        (ConfigError("wrong"), "wrong", 2),
        (ConfigError("wrong", "no.such.key"), "no.such.key: wrong", 2),
        (PermissionError(errno.EACCES, "Permission denied", "out/x"), "out/x: Permission denied", 1),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device", 1),
        (OSError("no host answered"), "no host answered", 1),
        (MemoryError(), "out of memory; reduce batch_size or the model", 1),
        (MemoryError("9 GiB"), "out of memory; reduce batch_size or the model (9 GiB)", 1),
        (KeyboardInterrupt(), "interrupted", 130),
        (ConfigError("two\nlines"), "two lines", 2),
    ],
)
def test_line_and_exit_code(error, line, code):
    assert isinstance(error, USER_ERRORS)
    assert explain(error) == line
    assert exit_code(error) == code


def test_place_is_the_line_of_the_file():
    place = explain(ConfigError("wrong", "optimizer.lr"), ["optimizer=sgd"])
    assert place.startswith("configs/optimizer/sgd.yaml:")
    assert place.endswith(": optimizer.lr: wrong")


def test_place_of_a_layer_is_the_line_of_the_file():
    line = explain(GraphError("no", "do this", "model.layers.fc1"))
    assert line.startswith("configs/model/lenet5.yaml:")
    assert line.endswith(": model.layers.fc1: no; do this")


def test_place_is_the_override():
    assert explain(ConfigError("wrong", "optimizer.lr"), ["optimizer.lr=2"]) == "optimizer.lr=2: wrong"


def test_an_error_for_a_program_reads_as_the_line():
    error = ConfigError("wrong", "optimizer.lr")
    assert located(error, ["optimizer.lr=2"]) is error
    assert str(error) == explain(error) == "optimizer.lr=2: wrong"
    found = located(OverrideParseException("epochs=[1", "no viable alternative"))
    assert type(found) is ConfigError
    assert str(found).startswith("epochs=[1: not an override; ")
    other = OSError(errno.ENOSPC, "No space left on device")
    assert located(other) is other


def test_value_is_not_told_twice():
    assert explain(ConfigError("'two' is not a number", "optimizer.lr"), ["optimizer.lr=two"]) == (
        "optimizer.lr: 'two' is not a number"
    )


@pytest.mark.parametrize(
    ("key", "overrides", "expected"),
    [
        ("epochs", ["epochs=1", "seed=2"], "epochs=1"),
        ("epochs", ["epochs=1", "++epochs=2"], "++epochs=2"),
        ("model.layers.a.p", ["+model.layers.a={p: 1}"], "+model.layers.a={p: 1}"),
        ("optimizer.lr", ["optimizer=sgd"], None),
        ("epochs_more", ["epochs=1"], None),
        ("epochs", [], None),
    ],
)
def test_override_that_set_a_key(key, overrides, expected):
    assert override_of(key, overrides) == expected


def test_line_of_an_absent_key_is_that_of_its_mapping():
    assert line_of("model.layers.conv1.nothing", []) == line_of("model.layers.conv1", [])


def test_last_file_wins():
    assert line_of("optimizer.lr", ["optimizer=adamw"]).startswith("configs/optimizer/adamw.yaml:")
    assert line_of("epochs", []).startswith("configs/config.yaml:")
    assert line_of("nowhere", []) is None
