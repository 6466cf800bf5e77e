"""Users' models, data and code, from their own folder."""

import pytest

from tests.helpers.process import FAST, run

pytestmark = pytest.mark.process

MODEL = """\
# A network with a layer of mine
layers:
  fc1:  {_target_: models.Linear, out_features: 16}
  mine: {_target_: my_package.layers.Double}
  head: {_target_: models.Linear, out_features: "${data.num_classes}"}
"""
LAYER = """\
import numpy as np
from trainer.models import Layer


class Double(Layer):
    def output_shape(self, shape):
        return shape

    def forward(self, ctx, x):
        return np.multiply(x, 2, out=ctx.buffer("y", x.shape))

    def backward(self, ctx, dy):
        return np.multiply(dy, 2, out=ctx.buffer("dx", dy.shape))
"""


@pytest.fixture
def project(tmp_path):
    """A folder with a configuration and, beside it, a package."""
    for path, content in {
        "my_configs/model/mine.yaml": MODEL,
        "my_configs/experiment/mine.yaml": "# @package _global_\ndefaults: [override /model: mine]\nepochs: 1\n",
        "my_configs/local/default.yaml": "# @package _global_\nbatch_size: 128\n",
        "my_package/__init__.py": "",
        "my_package/layers.py": LAYER,
    }.items():
        (tmp_path / "project" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / path).write_text(content)
    return tmp_path / "project"


FEW = ("limit.train=256", "callbacks.curves=null", "callbacks.report=null", "hydra.run.dir=out")


def trained(process, directory):
    assert process.returncode == 0, process.stderr
    return (directory / "model.txt").read_text()


@pytest.mark.parametrize("place", [".", "project", "project/my_configs", "elsewhere"])
def test_from_any_directory(place, project, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    process = run("--config-dir", str(project / "my_configs"), "experiment=mine", "allow=[my_package]",
                  "parallel.workers=1", *FEW, cwd=tmp_path / place)
    assert "Double" in trained(process, tmp_path / place / "out")


def test_in_worker_processes(project, tmp_path):
    process = run("--config-dir", str(project / "my_configs"), "experiment=mine", "allow=[my_package]",
                  "parallel.workers=2", *FEW, cwd=tmp_path)
    assert "Double" in trained(process, tmp_path / "out")


def test_what_is_always_wanted_lies_in_local(project):
    process = run("--config-dir", "my_configs", "--cfg", "job", cwd=project)
    assert "batch_size: 128\n" in process.stdout


def test_own_choices_are_in_the_help(project):
    process = run("--config-dir", "my_configs", "--help", cwd=project)
    assert "  model=mine" in process.stdout
    assert "A network with a layer of mine" in process.stdout
    assert "  model=lenet5 " in process.stdout


def test_a_package_has_to_be_allowed(project):
    process = run("--config-dir", "my_configs", "model=mine", cwd=project)
    assert process.stderr == (
        "error: my_configs/model/mine.yaml:4: model.layers.mine._target_: my_package.layers.Double: only classes of "
        "models, datasets, trainer may be named; trust another package with allow=[my_package] on the command line\n"
    )
    assert process.returncode == 2


def test_in_a_sweep(project):
    process = run("--multirun", "--config-dir", "my_configs", *FAST, "model=mine,mlp", "allow=[my_package]",
                  "hydra.sweep.dir=sweep", cwd=project)
    assert "Double" in trained(process, project / "sweep/00_model=mine")
    assert "--config-dir" in process.stdout
