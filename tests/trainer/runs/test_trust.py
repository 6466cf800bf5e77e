"""Runs from strangers: a checkpoint and the configuration in it are refused in one line, in bounded memory and time."""

import copy
import functools
import operator
import os
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.hostile import checkpoint_bytes, refusal, safetensors_bytes
from tests.helpers.runs import TINY, composed, make_run
from trainer import load
from trainer.commands.evaluate import main
from trainer.compose.errors import explain
from trainer.ground.values import ConfigError
from trainer.models import GraphError
from trainer.runs.checkpoint import CheckpointError
from trainer.runs.trust import checked_config

REFUSALS = (CheckpointError, ConfigError, GraphError, OSError)
MEMORY = 32 << 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def config():
    return composed(*TINY)


@pytest.fixture(scope="module")
def tensors(tmp_path_factory, config):
    network = load(make_run(tmp_path_factory.mktemp("honest"), config=config))
    return {name: network.parameters[name].copy() for name in network.parameters}


def assert_refused(path, content=None):
    """Returns the line."""
    if content is not None:
        path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(REFUSALS) as caught:
            load(path)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()
    line = explain(caught.value) if not isinstance(caught.value, CheckpointError) else str(caught.value)
    assert str(path) in line
    assert "\n" not in line
    return line


def changed(config, key, value):
    config = copy.deepcopy(config)
    *path, last = key.split(".")
    functools.reduce(operator.getitem, path, config)[last] = value
    return config


HONEST = {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 8,
        b"\x80\x04\x95",  # the beginning of a pickle
        b"PK\x03\x04" + b"\0" * 100,  # of a PyTorch file
        safetensors_bytes({}, length=1 << 62),
        safetensors_bytes(b"{" * 1000),
        safetensors_bytes(b'{"a":' * 50_000),
        safetensors_bytes(HONEST),
        safetensors_bytes(HONEST, b"\0" * 3),
        safetensors_bytes(HONEST, b"\0" * 400),
        safetensors_bytes({"a": {"dtype": "F32", "shape": [1 << 62, 1 << 62], "data_offsets": [0, 4]}}, b"\0" * 4),
        safetensors_bytes({"a": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}}, b"\0" * 4),
        safetensors_bytes({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}, b"\0" * 4),
        safetensors_bytes({"a": {"dtype": "I8", "shape": [4], "data_offsets": [0, 4]}}, b"\0" * 4),
        safetensors_bytes({"a": {"dtype": "O", "shape": [1], "data_offsets": [0, 4]}}, b"\0" * 4),
        safetensors_bytes(HONEST | {"__metadata__": {"trainer": "{"}}, b"\0" * 4),
        safetensors_bytes(HONEST | {"__metadata__": {"trainer": "[" * 100_000}}, b"\0" * 4),
        safetensors_bytes(HONEST | {"__metadata__": {"trainer": '{"format": 99}'}}, b"\0" * 4),
        safetensors_bytes(HONEST | {"__metadata__": {"trainer": '{"format": 1}'}}, b"\0" * 4),
        safetensors_bytes(HONEST | {"__metadata__": {"trainer": '{"format": 1' + "0" * 5000 + "}"}}, b"\0" * 4),
    ],
)
def test_files_that_are_no_checkpoints(content, folder):
    assert_refused(folder / "a.safetensors", content)


def test_truncated(tensors, config, folder):
    whole = checkpoint_bytes(tensors, config=config)
    for size in [*range(64), *range(64, len(whole), 311)]:
        assert_refused(folder / "a.safetensors", whole[:size])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite(value, tensors, config, folder):
    weights = tensors["fc1.weight"].copy()
    weights[3, 5] = value
    content = checkpoint_bytes(tensors | {"fc1.weight": weights}, config=config)
    assert "not finite" in assert_refused(folder / "a.safetensors", content)


# Configurations that would run a stranger's code, fill the memory, or never end.
HOSTILE = {
    "foreign class": ("model.layers.act1", {"_target_": "os.system"}, "only classes of"),
    "foreign call": ("data", {"_target_": "subprocess.Popen", "args": "true"}, "only classes of"),
    "module of tests": ("model.layers.act1._target_", "tests.helpers.hostile.Path", "only classes of"),
    "wrong kind": ("model.layers.act1._target_", "datasets.Digits", "is not a"),
    "hidden name": ("model.layers.act1._target_", "models..ReLU", ""),
    "path": ("model.layers.act1._target_", "../../models.ReLU", "only classes of"),
    "environment": ("data.mean", "${oc.env:HOME}", "plain values"),
    "reference": ("epochs", "${seed}", "plain values"),
    "weights too large": ("model.layers.fc1.out_features", 10**12, ""),
    "integer too large": ("model.layers.fc1.out_features", 10**40, "53 bits"),
    "endless repetition": (
        "model.layers.act1",
        {"_target_": "models.Repeat", "times": 10**9, "layers": {"a": {"_target_": "models.ReLU"}}},
        "layers are more than",
    ),
    "nested repetition": (
        "model.layers.act1",
        functools.reduce(
            lambda inner, _: {"_target_": "models.Repeat", "times": 10, "layers": {"a": inner}},
            range(12),
            {"_target_": "models.ReLU"},
        ),
        "layers are more than",
    ),
    "images too large": (
        "data.transforms",
        {"a": {"_target_": "datasets.Resize", "size": [10**6, 10**6]}},
        "",
    ),
    "activations too large": (
        "model.layers",
        {
            "conv": {"_target_": "models.Conv2d", "out_channels": 1, "kernel_size": 1, "padding": 10**5},
            "pool": {"_target_": "models.GlobalAvgPool"},
            "head": {"_target_": "models.Linear", "out_features": 10},
        },
        "activations",
    ),
    "padding too large": (
        "model.layers",
        {
            "conv": {
                "_target_": "models.Conv2d",
                "out_channels": 1,
                "kernel_size": 1,
                "padding": 10**5,
                "stride": 10**5,
            },
            "head": {"_target_": "models.Linear", "out_features": 10},
        },
        "activations",
    ),
    "window too large": (
        "model.layers",
        {
            "pool": {"_target_": "models.MaxPool2d", "kernel_size": 10**6, "padding": 5 * 10**5},
            "head": {"_target_": "models.Linear", "out_features": 10},
        },
        "",
    ),
    "doubling": (
        "model.layers",
        {"a": {"_target_": "models.ReLU"}}
        | {f"{chr(98 + i)}": {"_target_": "models.Concatenate", "inputs": [chr(97 + i)] * 40} for i in range(20)},
        "activations",
    ),
    "deep": ("model.layers.act1", functools.reduce(lambda inner, _: {"a": inner}, range(200), 1), "too large"),
    "wide": ("model.layers.act1", {f"k{i}": i for i in range(50_000)}, "too large"),
    "long text": ("model.layers.act1._target_", "models." + "A" * 10**6, "too long"),
    "formula": ("model.layers.act1", {"_target_": "models.Expression", "formula": "__import__('os')"}, "formula"),
    "formula on huge activations": (
        "model.layers",
        {
            "conv": {"_target_": "models.Conv2d", "out_channels": 1, "kernel_size": 1, "padding": 5000},
            "act": {"_target_": "models.Expression", "formula": "x * sigmoid(x)"},
            "pool": {"_target_": "models.GlobalAvgPool"},
            "head": {"_target_": "models.Linear", "out_features": 10},
        },
        "activations",
    ),
    "formula of many arrays": (
        "model.layers",
        {
            "conv": {"_target_": "models.Conv2d", "out_channels": 1, "kernel_size": 1, "padding": 1000},
            "act": {"_target_": "models.Expression", "formula": f"{'(x + ' * 100}x{')' * 100}"},
            "pool": {"_target_": "models.GlobalAvgPool"},
            "head": {"_target_": "models.Linear", "out_features": 10},
        },
        "activations",
    ),
    "formula that grows by broadcasting": (
        "model.layers",
        {
            "wide": {"_target_": "models.Conv2d", "out_channels": 1, "kernel_size": [1, 20], "padding": [20000, 0]},
            "high": {
                "_target_": "models.Conv2d",
                "inputs": "input",
                "out_channels": 1,
                "kernel_size": [20, 1],
                "padding": [0, 20000],
            },
            "sum": {
                "_target_": "models.Expression",
                "inputs": ["wide", "high"],
                "names": ["a", "b"],
                "formula": "a + b",
            },
            "head": {"_target_": "models.Linear", "out_features": 10},
        },
        "",
    ),
    "many long formulas": (
        "model.layers.act1",
        {
            "_target_": "models.Repeat",
            "times": 1000,
            "layers": {"a": {"_target_": "models.Expression", "formula": "+".join(["(x+x+x+x)*(x+x)"] * 500)}},
        },
        "layers are more than",
    ),
    "repeated too often": (
        "model.layers.act1",
        {"_target_": "models.Repeat", "times": 3000, "layers": {"a": {"_target_": "models.ReLU"}}},
        "not in [1, 1000]",
    ),
    "long formula": ("model.layers.act1", {"_target_": "models.Expression", "formula": "-" * 9000 + "x"}, ""),
    "no layers": ("model.layers", {}, "has no layers"),
    "list of layers": ("model.layers", [1, 2], ""),
    "layers that are text": ("model.layers", "abc", ""),
    "inputs that are numbers": ("model.layers.act1.inputs", 5, ""),
    "no data": ("data", None, ""),
    "no model": ("model", 3, ""),
    "unknown option": ("shell", "true", "no option"),
    "unknown precision": ("precision", "object", "precision"),
    "standard deviation": ("data.std", [0.0], "std"),
    "mean": ("data.mean", [float("nan")], ""),
    "means": ("data.mean", [0.5] * 7, "mean"),
    "initializer": ("model.initializer", {"_target_": "trainer.commands.app.main"}, ""),
    "command line": ("allow", "os", None),
}


@pytest.mark.parametrize(("key", "value", "problem"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_configurations(key, value, problem, tensors, config, folder, monkeypatch):
    monkeypatch.setattr(os, "system", lambda *_: pytest.fail("a stranger's code ran"))
    content = checkpoint_bytes(tensors, config=changed(config, key, value))
    if problem is None:  # does no harm: what the file allows counts for nothing
        (folder / "a.safetensors").write_bytes(content)
        load(folder / "a.safetensors")
        return
    line = assert_refused(folder / "a.safetensors", content)
    assert problem in line
    assert len(line) < 2000


def test_what_was_learned_from_large_data_is_no_harm(config):
    learned = {"quantiles": [0.5] * 100_000, "columns": ["${oc.env:HOME}", "???"], "vocabulary": "a" * 20_000}
    assert checked_config(changed(config, "data.learned", learned), (), "file")["data"]["learned"] == learned


def test_not_a_file(folder):
    assert_refused(folder / "none.safetensors")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.safetensors")
        assert_refused(folder / "pipe.safetensors")


def test_command_says_one_line(tensors, config, folder, capsys):
    name = "\x1b[2J" + "A" * 5000
    (folder / "a.safetensors").write_bytes(checkpoint_bytes(tensors, config=changed(config, "data.mean", name)))
    assert main([str(folder / "a.safetensors")]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert "\x1b" not in output.err
    assert len(output.err) < 1100


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = [
    "model",
    "data",
    "model.layers",
    "model.layers.fc1",
    "model.layers.act1",
    "model.layers.fc1.out_features",
    "model.layers.act1._target_",
    "model.initializer",
    "data.mean",
    "data.transforms",
    "precision",
    "loss",
    "allow",
]


@given(st.sampled_from(KEYS), plain)
def test_any_configuration(tensors, config, folder, key, value):
    (folder / "fuzz.safetensors").write_bytes(checkpoint_bytes(tensors, config=changed(config, key, value)))
    line = refusal(REFUSALS, load, folder / "fuzz.safetensors")
    assert not line or str(folder) in line


@given(plain)
def test_any_value_as_configuration(value):
    saved = value if isinstance(value, dict) else {"model": value}
    assert refusal(ConfigError, checked_config, saved, (), "file").startswith("file: ")


@given(st.data())
def test_any_byte_changed(tensors, config, folder, data):
    whole = bytearray(checkpoint_bytes(tensors, config=config))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    (folder / "fuzz.safetensors").write_bytes(whole)
    pixels = np.zeros((1, 1, 8, 8), np.uint8)
    assert "\n" not in refusal(REFUSALS, lambda path: load(path).predict(pixels), folder / "fuzz.safetensors")


@pytest.mark.slow
def test_a_network_with_an_input_of_nothing_is_honest(trainer_here, tmp_path):
    """A table all of whose categories are one-hot leaves none for the vectors."""
    pytest.importorskip("polars")
    rows = "\n".join(f"{number},{'ab'[number % 2]},{2 * number}" for number in range(80))
    (tmp_path / "table.csv").write_text(f"size,kind,price\n{rows}\n")
    table = ("model=table_mlp", "data=table", "data.file=table.csv", "data.target=price", "epochs=1")
    assert trainer_here(*table, "parallel.workers=1", "callbacks.curves=null", "hydra.run.dir=run") == 0
    assert trainer_here("resume", "run", "epochs=2") == 0
    assert trainer_here("evaluate", "run") == 0
