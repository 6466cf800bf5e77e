"""Weights alone, for other programs."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.helpers.runs import TINY, make_run
from trainer import load
from trainer.export import export


@pytest.mark.parametrize("suffix", ["safetensors", "npz"])
def test_weights(suffix, tmp_path):
    net = load(make_run(tmp_path, "model=lenet5"))
    path = tmp_path / f"weights.{suffix}"
    export(net, path)
    found = load_file(path) if suffix == "safetensors" else dict(np.load(path, allow_pickle=False))
    assert found.keys() == set(net.parameters)
    for name, array in found.items():
        np.testing.assert_array_equal(array, net.parameters[name])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no such device")
@pytest.mark.parametrize("suffix", ["safetensors", "npz"])
def test_a_full_disk(suffix, tmp_path):
    path = tmp_path / f"weights.{suffix}"
    path.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device"):
        export(load(make_run(tmp_path, *TINY)), path)


def test_weights_in_pytorch(tmp_path):
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file as load_torch

    from tests.helpers.torch_models import lenet5

    net = load(make_run(tmp_path, "model=lenet5"))
    export(net, tmp_path / "weights.safetensors")
    module = lenet5(torch)
    module.load_state_dict(load_torch(tmp_path / "weights.safetensors"))
    pixels = np.random.default_rng(0).integers(0, 256, (20, 1, 28, 28), dtype=np.uint8)
    scaled = (pixels / np.float32(255) - net.dataset.mean[0]) / net.dataset.std[0]
    with torch.no_grad():
        theirs = module.eval()(torch.tensor(scaled, dtype=torch.float32)).softmax(1).numpy()
    np.testing.assert_allclose(net.predict(pixels), theirs, atol=1e-6)
