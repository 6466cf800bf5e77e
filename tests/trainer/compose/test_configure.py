"""Configurations composed beside Hydra's own, whatever that is being used for."""

import os
import re
import shutil
from dataclasses import dataclass

import hydra
import pytest
from hydra import initialize_config_dir, version
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import OmegaConf

import trainer
from tests.helpers.threads import at_once
from trainer import CONFIGS
from trainer.compose import configure
from trainer.compose.configure import ConfigLoaderImpl, _Loader, compose, files, parse
from trainer.compose.errors import explain
from trainer.ground.values import ConfigError

OVERRIDES = [
    [],
    ["experiment=two_layer_mnist", "debug=overfit", "logger=tensorboard", "+callbacks.mine={_target_: my.Own}"],
    ["model=resnet8", "~model.layers.head", "optimizer=sgd", "++optimizer.betas=[0,0]", "limit={train: 5}"],
]


@dataclass
class Schema:
    theirs: int = 1


@pytest.fixture
def store(monkeypatch):
    """A host's schemas, under names of ours."""
    monkeypatch.setattr(ConfigStore.instance(), "repo", dict(ConfigStore.instance().repo))
    ConfigStore.instance().store(name="config", node=Schema)
    ConfigStore.instance().store(group="optimizer", name="adam", node=Schema)
    ConfigStore.instance().store(group="optimizer", name="theirs", node=Schema)



def of_hydra(overrides):
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        config = hydra.compose("config", overrides, return_hydra_config=True)
        return OmegaConf.to_container(OmegaConf.masked_copy(config, [key for key in config if key != "hydra"]))


def ours(overrides, folders=()):
    config = compose(overrides, folders)
    return OmegaConf.to_container(OmegaConf.masked_copy(config, [key for key in config if key != "hydra"]))


@pytest.mark.parametrize("overrides", OVERRIDES)
def test_as_hydra_does(overrides):
    assert ours(overrides) == of_hydra(overrides)


@pytest.mark.filterwarnings("ignore::hydra.errors.Hydra14MigrationWarning")
@pytest.mark.parametrize("base", ["1.1", "1.3"])
def test_whatever_a_host_does_with_hydra(base, store, tmp_path):
    expected = {tuple(overrides): ours(overrides) for overrides in OVERRIDES}
    (tmp_path / "host.yaml").write_text("theirs: 1\n")
    with initialize_config_dir(str(tmp_path), version_base=base):
        before = GlobalHydra.instance().hydra
        for overrides in OVERRIDES:
            assert ours(overrides) == expected[tuple(overrides)]
        with pytest.raises(HydraException, match="optimizer/theirs"):
            compose(["optimizer=theirs"])
        assert GlobalHydra.instance().hydra is before
        assert str(version.getbase()) == base
        assert hydra.compose("host") == {"theirs": 1}
    assert not GlobalHydra.instance().is_initialized()


@pytest.mark.slow
def test_in_threads():
    assert at_once(ours, OVERRIDES, times=3) == [[ours(overrides)] * 3 for overrides in OVERRIDES]


def test_folders_of_ones_own(tmp_path):
    own = tmp_path / "optimizer" / "mine.yaml"
    own.parent.mkdir()
    own.write_text("_target_: trainer.optimizers.SGD\nlr: 7\n")
    assert ours(["optimizer=mine"], [tmp_path])["optimizer"]["lr"] == 7
    assert (own, ["optimizer"]) in files(["optimizer=mine"], [tmp_path])
    assert files(["optimizer=mine"]) == []
    line = explain(ConfigError("wrong", "optimizer.lr"), ["optimizer=mine"], [tmp_path])
    assert line == f"{own}:2: optimizer.lr: wrong"


def test_parts_of_an_override():
    (override,) = parse(["++optimizer.lr=0.1"])
    assert (override.key_or_group, override.value(), override.is_force_add()) == ("optimizer.lr", 0.1, True)
    with pytest.raises(HydraException):
        parse(["epochs"])


PRIVATE = re.compile(r"^\s*(?:from|import) (hydra\._\S*|hydra_plugins\S*\._\S*)|from hydra\S* import .*\b_\w+", re.M)


def test_hydras_privates_are_used_in_one_place_only():
    files = [file for place in ("trainer", "models", "datasets") for file in (trainer.ROOT / place).rglob("*.py")]
    used = {file.relative_to(trainer.ROOT).as_posix(): PRIVATE.findall(file.read_text()) for file in files}
    assert {name: len(found) for name, found in used.items() if found} == {"trainer/compose/configure.py": 3}


def test_hydras_privates_are_still_what_they_were():
    advice = "Hydra has changed inside: adapt _Loader and _Repository in trainer/compose/configure.py"
    loader = _Loader([])
    plain = ConfigLoaderImpl(loader.config_search_path)
    assert vars(loader).keys() == vars(plain).keys(), advice
    assert vars(loader.repository).keys() == vars(plain.repository).keys(), advice
    assert "hydra" in loader.repository.get_schema_source().store.repo, advice


def test_files_that_have_changed_are_read_again(tmp_path, monkeypatch):
    """Notebooks and searches compose in milliseconds what they composed before, and see what is edited meanwhile."""
    shutil.copytree(configure.CONFIGS, tmp_path / "configs")
    monkeypatch.setattr(configure, "CONFIGS", tmp_path / "configs")
    assert configure.compose(["model=mlp", "optimizer=sgd"]).optimizer.lr == 0.05
    loader = configure._known(configure._stamps())
    assert configure.compose(["model=mlp", "optimizer=sgd", "optimizer.lr=0.5"]).optimizer.lr == 0.5
    assert configure._known(configure._stamps()) is loader
    file = tmp_path / "configs/optimizer/sgd.yaml"
    file.write_text(re.sub("^lr: .*", "lr: 0.25", file.read_text(), flags=re.MULTILINE))
    os.utime(file, ns=(0, 0))
    assert configure.compose(["model=mlp", "optimizer=sgd"]).optimizer.lr == 0.25
