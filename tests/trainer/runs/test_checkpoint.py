"""The checkpoint format: exact, open to others, and read without trust."""

import copy
import errno
import json
import os
import struct
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.helpers.checkpoints import assert_same, small
from tests.helpers.training import small_config, train
from trainer import datasets, load, models
from trainer.runs import checkpoint
from trainer.runs.checkpoint import Checkpoint, CheckpointError

FUZZ = settings(
    max_examples=int(os.environ.get("TRAINER_FUZZ", "100")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "checkpoints" / "last.safetensors"
    checkpoint.write(small(), path)
    return path


def save_raw(path, tensors, metadata):
    safetensors.numpy.save_file(tensors, path, metadata)


def refused(path) -> str:
    with pytest.raises(CheckpointError) as caught:
        checkpoint.read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


def test_what_is_read_is_what_was_written(file):
    found = checkpoint.read(file)
    assert_same(found, small())
    assert found.parameters.keys() == {"fc1.weight", "norm1.running_mean"}
    assert found.slots("momentum").keys() == {"fc1.weight"}
    assert list(file.parent.iterdir()) == [file]


def test_equal_runs_give_equal_bytes(file, tmp_path):
    other = tmp_path / "other.safetensors"
    checkpoint.write(small(), other)
    assert other.read_bytes() == file.read_bytes()


def test_plain_safetensors_opens_it(file):
    tensors = safetensors.numpy.load_file(file)
    assert np.array_equal(tensors["fc1.weight"], small().tensors["fc1.weight"])


def test_parameters_return_into_a_network(file):
    """And only into the one they came from; nothing changes otherwise."""

    def store(**shapes):
        declared = {name.replace("__", "."): models.Parameter(shape, None) for name, shape in shapes.items()}
        return models.ParameterStore(declared)

    found = checkpoint.read(file)
    fitting = store(fc1__weight=(2, 3), norm1__running_mean=(3,))
    found.restore(fitting)
    assert np.array_equal(fitting["fc1.weight"], found.tensors["fc1.weight"])
    for shapes, message in (
        ({"fc1__weight": (2, 3)}, "norm1.running_mean, which the network does not have; it is of another network"),
        (
            {"fc1__weight": (2, 3), "norm1__running_mean": (3,), "fc2__bias": (1,)},
            "fc2.bias, missing; it is of another network",
        ),
        (
            {"norm1__running_mean": (3,), "fc1__weight": (3, 2)},
            "fc1.weight is float32[2, 3], the network needs float32[3, 2]",
        ),
    ):
        unfit = store(**shapes)
        with pytest.raises(CheckpointError) as caught:
            found.restore(unfit)
        assert str(caught.value) == f"{file}: {message}"
        assert not unfit.data.any()


class TestRefused:
    """One line, whatever is wrong."""

    def test_nothing_there(self, tmp_path):
        assert refused(tmp_path / "none") == "no such file"
        assert refused(tmp_path) == "not a file"

    @pytest.mark.skipif(os.name == "nt", reason="no named pipes in the file system")
    def test_what_would_block_or_never_end(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        assert refused(tmp_path / "pipe") == "not a file"
        assert refused(Path("/dev/zero")) == "not a file"

    def test_no_safetensors(self, file):
        file.write_bytes(b"")
        assert refused(file).startswith("not a whole safetensors file (")

    def test_cut_off_anywhere(self, file):
        content = file.read_bytes()
        for length in range(len(content)):
            file.write_bytes(content[:length])
            refused(file)

    def test_huge_declared_sizes(self, file):
        for length in (1 << 20, 1 << 40, (1 << 64) - 1):
            file.write_bytes(struct.pack("<Q", length) + b"{}")
            refused(file)
        header = b'{"w":{"dtype":"F32","shape":[1099511627776,4096],"data_offsets":[0,18014398509481984]}}'
        file.write_bytes(struct.pack("<Q", len(header)) + header + bytes(64))
        refused(file)

    def test_huge_file(self, file):
        with file.open("r+b") as opened:
            opened.truncate(checkpoint.LARGEST + 1)  # takes no space on the disk
        assert refused(file) == "too large for a checkpoint"

    def test_of_another_program(self, file):
        save_raw(file, {"w": np.zeros(3, np.float32)}, None)
        assert refused(file) == "a safetensors file, but not a checkpoint of this program"

    def test_other_formats(self, file):
        tensors = dict(small().tensors)
        for version, message in (
            (4, "format 4 is newer than this program, which reads 3; update it"),
            (0, "format 0 is no longer read"),
        ):
            save_raw(file, tensors, {"trainer": json.dumps(small().metadata | {"format": version})})
            assert refused(file) == message

    def test_format_1(self, file):
        """It had null where a task has no accuracy."""
        metadata = small().metadata | {"format": 1, "tally": {"samples": 128, "loss": 0.5, "correct": None}}
        save_raw(file, dict(small().tensors), {"trainer": json.dumps(metadata)})
        assert checkpoint.read(file).metadata["tally"] == {"samples": 128, "loss": 0.5}

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"format":"1"}', "[" * 100_000, '{"format":' + "9" * 9999 + "}"])
    def test_metadata_that_is_none(self, file, text):
        save_raw(file, dict(small().tensors), {"trainer": text})
        refused(file)

    @pytest.mark.parametrize(
        "change",
        [
            {"epoch": -1},
            {"epoch": "1"},
            {"step": 11},
            {"steps_per_epoch": 0},
            {"history": []},
            {"history": [{"epoch": "one"}]},
            {"best": [1]},
            {"tally": {"loss": float("nan")}},
            {"generators": {"drop1": 3}},
            {"config": None},
            {"more": 1},
        ],
    )
    def test_metadata_of_the_wrong_kind(self, file, change):
        save_raw(file, dict(small().tensors), {"trainer": json.dumps({"format": 1} | small().metadata | change)})
        assert refused(file).startswith(("metadata: ", "its metadata must be "))

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_values_that_are_not_finite(self, file, value):
        spoilt = copy.deepcopy(small())
        spoilt.tensors["fc1.weight"][1, 1] = value
        problem = "fc1.weight holds values that are not finite"
        with pytest.raises(CheckpointError, match=f"{problem}, so the file is not written$"):
            checkpoint.write(spoilt, file)
        assert_same(checkpoint.read(file), small())
        save_raw(file, dict(spoilt.tensors), {"trainer": json.dumps({"format": 1} | spoilt.metadata)})
        assert refused(file) == problem

    @pytest.mark.parametrize("dtype", ["int64", "float16"])
    def test_other_types(self, file, dtype):
        checkpoint.write(Checkpoint({"w": np.zeros(3, dtype)}, small().metadata), file)
        assert refused(file).endswith("not floats")


@pytest.mark.slow
@FUZZ
@given(data=st.data())
def test_spoilt_bytes(file, data):
    """Read as a checkpoint or refused with one line: nothing else happens."""
    content = bytearray((file.parent / "whole").read_bytes() if (file.parent / "whole").exists() else file.read_bytes())
    (file.parent / "whole").write_bytes(content)
    # Most of the file is metadata; the header's first bytes and the numbers in it deserve more than their share.
    place = st.integers(0, len(content) - 1) | st.integers(0, 40)
    for _ in range(data.draw(st.integers(1, 8))):
        start = data.draw(place)
        content[start : start + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
        if not content:
            break
    file.write_bytes(content)
    read_or_refused(file)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.slow
@FUZZ
@given(changes=st.dictionaries(st.sampled_from([*checkpoint.SCHEMA, "format"]), VALUES, min_size=1))
def test_spoilt_metadata(file, changes):
    save_raw(file, dict(small().tensors), {"trainer": json.dumps({"format": 1} | small().metadata | changes)})
    read_or_refused(file)


def read_or_refused(path):
    try:
        found = checkpoint.read(path)
    except CheckpointError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert found.metadata.keys() == checkpoint.SCHEMA.keys()
        assert all(np.isfinite(array).all() for array in found.tensors.values())


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("call", ["write_bytes", "replace"])
def test_a_failed_write_leaves_the_old_one(file, monkeypatch, code, call):
    def fail(path, argument):
        if call == "write_bytes":
            with path.open("wb") as half:
                half.write(argument[: len(argument) // 2])
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(Path, call, fail)
        with pytest.raises(CheckpointError) as caught:
            checkpoint.write(small(step=9), file)
    assert str(caught.value) == f"{file}: cannot be written: {os.strerror(code)}; the previous checkpoint is whole"
    assert_same(checkpoint.read(file), small())
    assert list(file.parent.iterdir()) == [file]


def test_a_removed_directory_stays_removed(tmp_path):
    path = tmp_path / "run" / "checkpoints" / "last.safetensors"
    with pytest.raises(CheckpointError) as caught:
        checkpoint.write(small(), path)
    assert str(caught.value) == f"{path}: cannot be written: No such file or directory"
    assert not (tmp_path / "run").exists()


def test_weights_load_into_an_equivalent_torch_module(tmp_path):
    """PyTorch reads the file by itself, and its network gives the same outputs."""
    torch = pytest.importorskip("torch")
    layers = {
        "conv1": {"_target_": "models.Conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1},
        "norm1": {"_target_": "models.BatchNorm"},
        "act1": {"_target_": "models.ReLU"},
        "pool1": {"_target_": "models.MaxPool2d", "kernel_size": 2},
        "flatten": {"_target_": "models.Flatten"},
        "head": {"_target_": "models.Linear", "out_features": 10},
    }
    train(small_config("epochs=2") | {"model": {"layers": layers}}, tmp_path / "run")
    network = load(tmp_path / "run")
    channels, height, width = network.input_shape
    module = torch.nn.Sequential(
        OrderedDict(
            conv1=torch.nn.Conv2d(channels, 4, 3, padding=1),
            norm1=torch.nn.BatchNorm2d(4),
            act1=torch.nn.ReLU(),
            pool1=torch.nn.MaxPool2d(2),
            flatten=torch.nn.Flatten(),
            head=torch.nn.Linear(4 * (height // 2) * (width // 2), 10),
        )
    ).eval()
    tensors = safetensors.numpy.load_file(tmp_path / "run" / "checkpoints" / "best.safetensors")
    weights = {name: torch.from_numpy(tensor) for name, tensor in tensors.items() if not name.startswith("optimizer/")}
    module.load_state_dict(weights)  # complains of every name and shape that differs
    images = np.random.default_rng(0).integers(0, 256, (20, channels, height, width), np.uint8)
    inputs = np.empty((channels, height, width, 20), np.float32)
    network.dataset.loader(datasets.Examples(images, np.zeros(20, np.int64))).load(np.arange(20), inputs)
    with torch.no_grad():
        expected = module(torch.from_numpy(np.moveaxis(inputs, -1, 0).copy())).softmax(dim=1).numpy()
    np.testing.assert_allclose(network.predict(images), expected, rtol=1e-4, atol=1e-6)
