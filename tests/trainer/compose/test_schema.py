"""The schema of the top level."""

import pytest
from omegaconf import OmegaConf

from trainer.compose.schema import ConfigError, validate

GOOD = {
    **{group: {"_target_": "x"} for group in ("model", "data", "optimizer", "schedule", "loss")},
    "task": "train", "epochs": 2, "batch_size": 64, "seed": 0, "validation": 0.1, "precision": "float32", "fuse": True,
}


def validated(overrides=(), **changes):
    return validate(OmegaConf.create({**GOOD, **changes}), overrides)


def test_result_is_plain():
    config = validated(data={"num_classes": 10}, model={"head": {"out_features": "${data.num_classes}"}})
    assert config["model"] == {"head": {"out_features": 10}}
    assert type(config) is type(config["model"]) is dict
    assert config["callbacks"] == {}


@pytest.mark.parametrize(
    ("changes", "key", "message"),
    [
        ({"epochs": "ten"}, "epochs", "'ten' is not an integer"),
        ({"epochs": 0}, "epochs", "0 is not in [1, inf)"),
        ({"epochs": 1.5}, "epochs", "1.5 is not an integer"),
        ({"batch_size": -3}, "batch_size", "-3 is not in [1, inf)"),
        ({"seed": -1}, "seed", "-1 is not in [0, inf)"),
        ({"validation": 1}, "validation", "1.0 is not in [0, 1)"),
        ({"precision": "f16"}, "precision", "'f16' is not one of 'float32', 'float64'"),
        ({"fuse": "maybe"}, "fuse", "'maybe' is not true or false"),
        ({"model": "lenet5"}, "model", "'lenet5' is not a mapping"),
        ({"epocs": 3}, "epocs", "no option 'epocs'; did you mean 'epochs'?"),
        ({"epochs": "???"}, "epochs", "it has no value yet; set it with epochs=VALUE"),
        ({"seed": "${sed}"}, "seed", "it refers to 'sed', which does not exist; name a key that does"),
    ],
)
def test_mistakes(changes, key, message):
    with pytest.raises(ConfigError) as caught:
        validated(**changes)
    assert str(caught.value) == message
    assert caught.value.key == key


def test_missing_group():
    with pytest.raises(ConfigError, match=r"it is missing; set it with loss=\.\.\."):
        validate(OmegaConf.create({key: value for key, value in GOOD.items() if key != "loss"}))


def test_packages_are_allowed_by_the_command_line_only():
    assert validated(["allow=[mine]"], allow=["mine"])["allow"] == ("mine",)
    with pytest.raises(ConfigError, match="on the command line only"):
        validated(["epochs=2"], allow=["mine"])
