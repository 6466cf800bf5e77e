"""Training on a file of arrays takes no memory for the file."""

import tracemalloc

import numpy as np
import pytest

from tests.helpers.runs import composed
from tests.helpers.training import LAYERS, train

COUNT = 50_000


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """Of 150 MB of images, nearly all of them zeros that take no room on the disk."""
    folder = tmp_path_factory.mktemp("images")
    images = np.lib.format.open_memmap(folder / "x.npy", "w+", np.uint8, (COUNT, 3, 32, 32))
    images[:: COUNT // 10] = 255
    images.flush()
    np.save(folder / "y.npy", np.arange(COUNT) % 10)
    files = (f"data.inputs={folder / 'x.npy'}", f"data.targets={folder / 'y.npy'}")
    options = ("data=arrays", "epochs=1", "batch_size=256", "limit.train=1000", "limit.test=1000")
    without = [f"callbacks.{name}=null" for name in ("curves", "layers", "report")]
    return composed(*options, *files, *without) | {"model": {"layers": LAYERS}}


@pytest.mark.process
@pytest.mark.parametrize("workers", [1, 2])
def test_a_large_file_is_never_copied(tmp_path, config, workers):
    config = config | {"parallel": config["parallel"] | {"workers": workers}}
    assert (config["data"]["shape"], config["data"]["num_classes"]) == ([3, 32, 32], 10)
    tracemalloc.start()
    try:
        result = train(config, tmp_path / "run")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert result["status"] == "completed"
    assert peak < 80 << 20  # the network alone takes 40
