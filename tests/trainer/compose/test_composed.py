"""What `Composed` makes is what Hydra makes."""

import pickle

import pytest
from hydra import initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import OmegaConf

from tests.helpers import composing
from trainer import CONFIGS
from trainer.compose.composed import Composed

JOBS = [
    [],
    ["seed=1"],
    ["seed=2", "optimizer.lr=0.3"],
    ["model=mlp", "optimizer=sgd", "seed=1"],
    ["model=mlp", "seed=1", "optimizer=sgd", "optimizer.momentum=0.5"],
    ["experiment=lenet5_fashion_mnist", "epochs=2"],
    ["~model.layers.act1", "seed=3"],
    ["+model.layers.more={_target_: models.ReLU}", "seed=3", "++model.layers.other._target_=models.Tanh"],
    ["data=digits", "data.transforms={}", "~schedule"],
    ["hydra.job.chdir=false", "callbacks.curves=null"],
    ["hydra.run.dir=elsewhere", "seed=4"],
    ["hydra.sweep.dir='some, where'", "hydra.sweep.subdir='01_lr=0.1'", "hydra.job_logging.root.handlers=[file]"],
]


@pytest.fixture(scope="module")
def sweep():
    with pytest.MonkeyPatch.context() as patch, initialize_config_dir(str(CONFIGS), version_base="1.3"):
        patch.setattr(ConfigLoaderImpl, "load_configuration", composing.hydras)
        loader = GlobalHydra.instance().config_loader()
        yield loader, loader.load_configuration("config", ["hydra.sweep.dir=x"], run_mode=RunMode.MULTIRUN)
    HydraConfig.instance().cfg = None


def contents(config):
    return OmegaConf.to_yaml(config), OmegaConf.is_struct(config), OmegaConf.is_readonly(config.hydra)


@pytest.mark.slow
def test_equals_hydra(sweep):
    loader, master = sweep
    composed = Composed(loader)
    expected = [contents(loader.load_sweep_config(master, overrides)) for overrides in JOBS]
    for _ in range(2):  # composed, and known already
        assert [contents(composed.load_sweep_config(master, overrides)) for overrides in JOBS] == expected
    another = pickle.loads(pickle.dumps(composed))
    assert [contents(another.load_sweep_config(master, overrides)) for overrides in JOBS[:3]] == expected[:3]


def test_jobs_do_not_share_what_they_are_given(sweep):
    composed = Composed(sweep[0])
    first = composed.load_sweep_config(sweep[1], ["seed=1"])
    first.optimizer.lr = 7.0
    assert composed.load_sweep_config(sweep[1], ["seed=1"]).optimizer.lr != 7.0


def test_what_a_sweep_gives_is_not_left_to_hydra(sweep, monkeypatch):
    """It would be right, but ten times as slow."""
    loader, master = sweep
    monkeypatch.setattr(loader, "load_sweep_config", None)
    place = ["hydra.sweep.dir='some, where'", "hydra.sweep.subdir='01_lr=0.1'"]
    jobs = [["model=mlp", f"seed={seed}", "optimizer.lr=0.1", "+callbacks.mine={a: 1}", *place] for seed in (1, 2)]
    composed = Composed(loader)
    assert [composed.load_sweep_config(master, job).seed for job in jobs] == [1, 2]


@pytest.mark.parametrize(
    "override", ["nothing=1", "optimizer.nothing=1", "~nothing", "optimizer=nothing", "+seed=2", "model={a: 1}"]
)
def test_errors_are_hydras(sweep, override):
    loader, master = sweep
    messages = []
    for each in (loader, Composed(loader)):
        with pytest.raises(Exception) as caught:
            each.load_sweep_config(master, ["seed=3", override])
        messages.append((type(caught.value), str(caught.value)))
    assert messages[0] == messages[1]
