"""What a run starts from: what fits is taken, all else is said, and a file that cannot be used is one line."""

import hashlib
import json
import pickle
import shutil

import numpy as np
import pytest
import safetensors.numpy

from tests.helpers.runs import composed, make_run
from tests.helpers.torch_models import lenet5
from tests.helpers.training import LAYERS, last, resumed, small_config, train
from trainer.commands import evaluate
from trainer.engine.setup import Setup
from trainer.ground.errors import CheckpointError, ConfigError, UserError
from trainer.runs import checkpoint, start
from trainer.runs.network import load

BEST = "checkpoints/best.safetensors"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """LeNet-5 with the weights that it began with."""
    return make_run(tmp_path_factory.mktemp("start") / "run", "parallel.workers=1")


def read(source, *overrides):
    config = composed(f"start_from={source}", "parallel.workers=1", *overrides)
    graph = Setup(config).graph
    return start.read(config, graph), graph


def test_a_run_fits_its_own_network(run):
    found, graph = read(run)
    saved = checkpoint.read(run / BEST).parameters
    assert {*found.taken} == {*graph.parameters} == {*saved}
    for name, array in saved.items():
        np.testing.assert_array_equal(found.taken[name], array)
    path = run / BEST
    assert found.origin == {"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def test_what_does_not_fit_is_said_and_stays_as_initialised(run, tmp_path):
    arrays = dict(checkpoint.read(run / BEST).parameters)
    other = {name: array for name, array in arrays.items() if not name.startswith("norm2")}
    path = tmp_path / "other.safetensors"
    safetensors.numpy.save_file(other | {"extra.weight": np.ones(3, "float32")}, path)
    config = composed(f"start_from={path}", "model.layers.fc1.out_features=20", "parallel.workers=1")
    setup = Setup(config)
    found, store, initial = start.read(config, setup.graph), setup.parameters(), setup.parameters()
    found.restore(store)
    assert str(found).splitlines()[1:] == [
        "  taken: conv1, norm1, conv2, conv3, norm3",
        "  not taken, of another shape: fc1.weight is 84x120, here 20x120, fc1.bias is 84, here 20, "
        "head.weight is 10x84, here 10x20",
        "  not taken, not in this network: extra",
        "  stay as initialised: norm2, fc1, head",
    ]
    for name in store:
        expected = arrays[name] if name in found.taken else initial[name]
        np.testing.assert_array_equal(store[name], expected)


def test_a_file_of_pytorchs(tmp_path):
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    module, path = lenet5(torch), tmp_path / "theirs.safetensors"
    save_file(module.half().state_dict(), path)
    found, graph = read(path)
    assert {*found.taken} == {*graph.parameters}
    assert {array.dtype for array in found.taken.values()} == {np.dtype("float32")}
    np.testing.assert_array_equal(found.taken["conv1.weight"], module.conv1.weight.detach().float().numpy())
    assert "norm1.num_batches_tracked" in str(found)


def altered(run, path, **changes):
    arrays = {name: array.copy() for name, array in checkpoint.read(run / BEST).parameters.items()}
    safetensors.numpy.save_file(arrays | changes, path)


def test_files_that_cannot_be_used(run, tmp_path):
    whole = (run / BEST).read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "model.pt").write_bytes(pickle.dumps({"never": "opened"}))
    (tmp_path / "empty").mkdir()
    altered(run, tmp_path / "nan.safetensors", **{"fc1.bias": np.full(84, np.nan, "float32")})
    altered(run, tmp_path / "large.safetensors", **{"fc1.bias": np.full(84, 1e300)})
    altered(run, tmp_path / "integers.safetensors", **{"fc1.bias": np.ones(84, "int32")})
    safetensors.numpy.save_file({"a.weight": np.ones((2, 3))}, tmp_path / "foreign.safetensors")
    safetensors.numpy.save_file({"conv1.weight": np.ones((2, 3))}, tmp_path / "shape.safetensors")
    safetensors.numpy.save_file({"norm1.running_mean": np.ones(6)}, tmp_path / "kept.safetensors")
    lines = {
        "cut.safetensors": r"not a whole safetensors file",
        "model.pt": r"a pickle could run code, so only \.safetensors is read; write one from PyTorch by safetensors",
        "empty": r"has no checkpoints/last\.safetensors",
        "nothing": r"no such run or \.safetensors file$",
        "nan.safetensors": r"fc1\.bias holds values that are not finite$",
        "large.safetensors": r"fc1\.bias holds values too large for float32; set precision=float64$",
        "integers.safetensors": r"fc1\.bias is of type I32; save it as float32$",
        "foreign.safetensors": r"nothing in it has a name of this network: it holds a\.weight, and the network has "
        r"conv1\.weight, .* and 7 more; give one the names of the other$",
        "shape.safetensors": r"nothing in it fits: conv1\.weight is 2x3, here 6x1x5x5; give the layers those sizes$",
        "kept.safetensors": r"nothing in it",
    }
    for name, line in lines.items():
        with pytest.raises(UserError, match=line) as caught:
            read(tmp_path / name)
        assert caught.value.key == "start_from"
        assert isinstance(caught.value, CheckpointError | ConfigError)


def test_it_is_refused_before_there_is_a_directory(trainer_here, tmp_path, capfd):
    assert trainer_here("start_from=nothing", "hydra.run.dir=new") == 2
    assert capfd.readouterr().err == "error: start_from: nothing: no such run or .safetensors file\n"
    assert not (tmp_path / "new").exists()


def other_head():
    return LAYERS | {"head": {"_target_": "models.Linear", "out_features": 10, "bias": False}}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    directory = tmp_path_factory.mktemp("finished") / "first"
    train(small_config(epochs=1), directory)
    return directory


FROZEN = ["fc1.*", "norm1.*"]


def started(source, **values):
    config = small_config("schedule=constant", start_from=str(source), freeze=FROZEN, **values)
    return config | {"model": {"layers": other_head()}}


@pytest.mark.slow
def test_a_run_from_another(finished, tmp_path, caplog, capsys):
    caplog.set_level("INFO", "trainer")
    result = train(started(finished, epochs=2), tmp_path / "second")
    origin = {"path": str(finished / BEST), "sha256": hashlib.sha256((finished / BEST).read_bytes()).hexdigest()}
    saved, first = last(tmp_path / "second"), checkpoint.read(finished / BEST)
    assert saved.metadata["started_from"] == result["started_from"] == origin
    assert json.loads((tmp_path / "second" / "result.json").read_text())["started_from"] == origin
    assert saved.metadata["config"]["start_from"] == origin["path"]
    assert load(tmp_path / "second").started_from == origin
    assert "  taken: fc1, norm1, head" in caplog.text
    for name, array in saved.parameters.items():
        same = np.array_equal(array, first.parameters[name])
        assert same == (not name.startswith("head")), name
    assert evaluate.main([str(tmp_path / "second")]) == 0
    assert f"started from {origin['path']} (sha256 {origin['sha256'][:12]})" in capsys.readouterr().out
    assert evaluate.main([str(tmp_path / "second"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["started_from"] == origin


def test_a_resumed_run_needs_the_file_no_more(finished, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(finished, source)
    config = started(source, epochs=1)
    train(config, tmp_path / "run")
    origin = last(tmp_path / "run").metadata["started_from"]
    shutil.rmtree(source)
    config["start_from"] = origin["path"]
    resumed(config | {"epochs": 2}, tmp_path / "run")
    saved = last(tmp_path / "run")
    assert saved.metadata["epoch"] == 2
    assert saved.metadata["started_from"] == origin
    whole = tmp_path / "whole"
    train(started(finished, epochs=2), whole)
    for name, array in last(whole).tensors.items():
        np.testing.assert_array_equal(saved.tensors[name], array)


@pytest.mark.parametrize("change", [{"freeze": ("fc1.*",)}, {"start_from": "elsewhere"}])
def test_what_a_resumed_run_cannot_change(finished, tmp_path, change):
    config = started(finished, epochs=1)
    train(config, tmp_path / "run")
    config["start_from"] = str(finished / BEST)
    with pytest.raises(ConfigError, match=r"cannot be .* in a run that began with"):
        resumed(config | change, tmp_path / "run")


def test_patterns_of_what_is_frozen():
    with pytest.raises(ConfigError, match=r"^'con1\*' matches no parameter; the nearest is 'conv1.weight'$"):
        Setup(composed("freeze=['con1*']", "parallel.workers=1"))
    with pytest.raises(ConfigError, match=r"^nothing is left to be learned"):
        Setup(composed("freeze=['*']", "parallel.workers=1"))
    groups = "optimizer.groups={conv1.weight:{weight_decay:0}}"  # one pattern may speak of what another freezes
    assert Setup(composed("freeze=['conv*']", groups, "parallel.workers=1")).graph.parameters["conv1.weight"].frozen
