"""One network in three engines: LeNet-5 trained on Fashion-MNIST, in ours, in onnxruntime and in PyTorch."""

import os

import numpy as np
import pytest

from tests.helpers.runs import composed
from tests.helpers.torch_models import lenet5
from trainer import load
from trainer.commands.evaluate import evaluate
from trainer.engine.setup import Setup
from trainer.export import export
from trainer.training.fit import train

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("TRAINER_DATA"), reason="needs Fashion-MNIST in TRAINER_DATA"),
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The run's directory, its network, the 10,000 test examples, and what it says to them."""
    folder = tmp_path_factory.mktemp("fashion")
    alone = ("parallel.workers=1", "callbacks.curves=null", "callbacks.report=null")
    config = composed("model=lenet5", "data=fashion_mnist", "epochs=1", "limit.train=10000", *alone)
    result = train(config, folder)
    network, test = load(folder), Setup(config).splits().test
    assert len(test) == 10_000
    found = evaluate(network)
    assert {name: found[name] for name in result["test"]} == result["test"]
    assert result["test"]["accuracy"] > 0.8
    return folder, network, test, network.run(test.inputs)


def assert_same_predictions(ours, theirs):
    np.testing.assert_array_equal(theirs.argmax(axis=1), ours.argmax(axis=1))
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-5 * np.abs(ours).max())


def test_onnxruntime(trained):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    folder, network, test, ours = trained
    export(network, folder / "model.onnx", preprocessing=True)
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    (theirs,) = session.run(["output"], {"images": test.inputs})
    assert_same_predictions(ours, theirs)


def test_pytorch(trained):
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file

    folder, network, test, ours = trained
    export(network, folder / "weights.safetensors")
    module = lenet5(torch).eval()
    module.load_state_dict(load_file(folder / "weights.safetensors"))
    scaled = (test.inputs.astype(np.float32) / 255 - network.dataset.mean[0]) / network.dataset.std[0]
    with torch.no_grad():
        theirs = torch.cat([module(part) for part in torch.tensor(scaled, dtype=torch.float32).split(1000)]).numpy()
    assert_same_predictions(ours, theirs)
