"""Configurations from Python are those of the command line."""

import copy
import logging
import pickle
import sys

import hydra
import pytest
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from tests.helpers.runs import composed
from tests.helpers.threads import at_once
from trainer import configure, models
from trainer.commands import app
from trainer.datasets import Pad
from trainer.ground.errors import ConfigError, GraphError, UserError
from trainer.training.optimizers import SGD

SAME = [
    ((), {}, ()),
    (("model=mlp", "epochs=3"), {}, ("model=mlp", "epochs=3")),
    (("epochs=3",), {"epochs": 4, "model": "mlp"}, ("model=mlp", "epochs=4")),
    ((), {"optimizer": "sgd", "optimizer.momentum": 0.5}, ("optimizer=sgd", "optimizer.momentum=0.5")),
    ((), {"limit": {"train": 100, "test": 0.5}, "fuse": False}, ("limit.train=100", "limit.test=0.5", "fuse=false")),
    ((), {"clip_norm": None, "optimizer": {"betas": (0.5, 0.75)}}, ("clip_norm=null", "optimizer.betas=[0.5,0.75]")),
    (("data=mnist", "data.root=Zürich (1)"), {}, ("data=mnist", "data.root='Zürich (1)'")),
    (("~model.layers.drop1",), {"debug": "fast_dev_run"}, ("debug=fast_dev_run", "~model.layers.drop1")),
]


@pytest.mark.parametrize(("overrides", "values", "typed"), SAME)
def test_as_from_the_command_line(overrides, values, typed):
    assert configure(*overrides, **values).to_dict() == composed(*typed)


TEXTS = ["it's", "a b", "null", "True", "1e5", "10", "", "a,b", "[x]", "${seed}x", "back\\slash'", "Zürich", "x=1", "{"]


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_arrives_as_it_is(text):
    config = configure(data="fashion_mnist", **{"data.root": text})
    assert config.data.root == text.replace("${seed}", "0")


def test_sections_are_mappings_with_attributes():
    config = configure(model="mlp", epochs=3)
    assert config.optimizer.lr == config["optimizer"]["lr"] == 0.003
    assert {**config.limit} == {"train": None, "validation": None, "test": None}
    assert "optimizer" in dir(config)
    assert config == configure("model=mlp", "epochs=3")
    assert config != configure("model=mlp", "epochs=4")
    assert "lr: 0.003" in str(config)
    assert repr(config) == "<Configuration mlp-digits: model=mlp epochs=3>"
    assert config._repr_html_().startswith("<pre>model:")
    for again in (copy.deepcopy(config), pickle.loads(pickle.dumps(config))):
        assert again == config
    with pytest.raises(AttributeError, match="no option 'epocs'; did you mean 'epochs'"):
        _ = config.epocs
    for change in (lambda: setattr(config, "epochs", 5), lambda: setattr(config.optimizer, "lr", 1)):
        with pytest.raises(TypeError, match="a configuration cannot be changed; make another one: configure"):
            change()
    config.to_dict()["optimizer"]["lr"] = 1
    config.optimizer.betas.append(1)
    assert config == configure(model="mlp", epochs=3)


def test_an_object_among_values():
    config = configure(data={"transforms": {"pad": Pad(2)}, "mean": [0.5]})
    assert config.data.transforms.pad == {"_target_": "datasets.transforms.pad.Pad", "padding": 2}
    assert config.data.mean == [0.5]
    assert "resize" in config.data.transforms
    with pytest.raises(ConfigError, match=r"data\.transforms\.pad: .* is not a Transform"):
        configure(**{"data.transforms.pad": [Pad(2)]})


def test_what_is_given_whole_takes_the_place_of_all_that_was_there():
    layers = {"fc": models.Linear(16), "head": {"_target_": "models.Linear", "out_features": "${data.num_classes}"}}
    config = configure(model={"layers": layers}, optimizer=SGD(lr=0.1, momentum=0.5))
    assert config.to_dict()["model"] == {
        "layers": {
            "fc": {"_target_": "models.Linear", "out_features": 16},
            "head": {"_target_": "models.Linear", "out_features": 10},
        }
    }
    assert {**config.optimizer} == {
        "_target_": "trainer.training.optimizers.sgd.SGD",
        "lr": 0.1,
        "momentum": 0.5,
        "groups": {},
    }
    assert config.name == "custom-digits"
    assert configure(model=models.Sequential(layers)).model == config.model
    assert [*configure(**{"callbacks.mine": {"_target_": "trainer.callbacks.TimeLimit"}}).callbacks][-1] == "mine"


MISTAKES = [
    (("epochs=0",), {}, "epochs: 0 is not in [1, inf)"),
    ((), {"epochs": 0}, "epochs: 0 is not in [1, inf)"),
    ((), {"epochs": "ten"}, "epochs: 'ten' is not an integer"),
    ((), {"epocs": 3}, "epocs=3: no option 'epocs'; did you mean 'epochs'?"),
    ((), {"optimizer": "adm"}, "optimizer=adm: no such file configs/optimizer/adm.yaml; did you mean 'adam'?"),
    ((), {"optimizer": {"lrr": 1}}, "optimizer.lrr=1: Adam has no option 'lrr'; did you mean 'lr'?"),
    (("~optimizer",), {}, "~optimizer: it is missing; set it with optimizer=..."),
    (("epochs=[1",), {}, "epochs=[1: not an override; write KEY=VALUE, special characters in quotes"),
    (("epochs=1,2",), {}, "epochs=1,2: several values need --multirun; one list is written KEY=[1,2]"),
    (("optimizer=null",), {}, "optimizer=null: a choice is written GROUP=NAME; ~GROUP leaves one out"),
]


@pytest.mark.parametrize(("overrides", "values", "line"), MISTAKES)
def test_mistake_is_the_line_of_the_command_line(overrides, values, line):
    with pytest.raises(ConfigError) as caught:
        configure(*overrides, **values)
    assert str(caught.value) == line


def test_mistake_in_a_file_names_its_line(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model/mine.yaml").write_text("layers:\n  a: {_target_: models.Linear, out_features: 3}\n  b: {}\n")
    with pytest.raises(ConfigError, match=r"model/mine\.yaml:3: model\.layers\.b: it names no class; "):
        configure(config_dir=tmp_path, model="mine")


@pytest.mark.parametrize(
    ("values", "kind", "line"),
    [
        (
            {"model": {"layers": {"conv1": models.Conv2d(3, 30)}}},  # a name that lenet5.yaml has too
            GraphError,
            r"model\.layers\.conv1: kernel 30x30 does not fit its input 1x28x28 .*",
        ),
        ({"model": {"layers": {"a": models.Linear(3)}}}, ConfigError, r"model\.layers\.a: the network gives 3 out.*"),
        ({"optimizer": {"_target_": SGD, "lrr": 1}}, ConfigError, "optimizer.lrr: SGD has no option 'lrr'; .*"),
        ({"model": {"layers": {"a": 5}}}, GraphError, r"model\.layers\.a: is not a layer but 5; .*"),
        ({"hydra": {"run": {"dir": "x"}}}, ConfigError, r"hydra\.run\.dir=x: it configures the command line; .*"),
        ({"loss": {"_target_": "os.system"}}, ConfigError, r"loss\._target_: os\.system: only classes of models, .*"),
        ({"task": "summary"}, ConfigError, "task=summary: .* use python -m trainer"),
        ({"resume": "x"}, ConfigError, "resume=x: a run is resumed from the command line: .*"),
        ({"callbacks": {"mine": print}}, ConfigError, r"callbacks\.mine: .* is neither a plain value nor an object .*"),
    ],
)
def test_mistakes_of_python(values, kind, line):
    with pytest.raises(UserError, match=f"^{line}$") as caught:
        configure(**values)
    assert isinstance(caught.value, kind)


def test_overrides_are_given_one_by_one():
    with pytest.raises(TypeError, match=r"takes overrides such as 'model=mlp', each by itself, not \['model=mlp'\]"):
        configure(["model=mlp"])


@pytest.mark.filterwarnings("ignore::hydra.errors.Hydra14MigrationWarning")
def test_nothing_of_the_program_around_it_matters(monkeypatch, tmp_path):
    expected = configure(model="mlp")
    (tmp_path / "host.yaml").write_text("theirs: 1\n")
    monkeypatch.setattr(sys, "argv", ["host", "--flag", "epochs=9"])
    with initialize_config_dir(str(tmp_path), version_base="1.1"):
        before = GlobalHydra.instance().hydra
        assert configure(model="mlp") == expected
        assert GlobalHydra.instance().hydra is before
        assert hydra.compose("host") == {"theirs": 1}


def test_in_threads():
    expected = [configure(model="mlp", epochs=n) for n in (1, 2, 3)]
    assert at_once(lambda n: configure(model="mlp", epochs=n), [1, 2, 3], times=2) == [[c] * 2 for c in expected]


def test_the_command_line_says_the_same(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "argv", ["trainer", "data.transforms.resize.size=[20,20]"])
    handlers = logging.getLogger().handlers[:]
    try:
        app.main()
    except SystemExit:
        pass
    finally:
        logging.getLogger().handlers[:] = handlers
    with pytest.raises(GraphError) as caught:
        configure(**{"data.transforms.resize.size": (20, 20)})
    assert f"error: {caught.value}\n" == capsys.readouterr().err
