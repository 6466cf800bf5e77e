"""What follows from the files of the data, before anything refers to it."""

import numpy as np
import pytest
from omegaconf import OmegaConf

from tests.helpers.runs import composed
from trainer.compose.completed import completed
from trainer.datasets import DataError
from trainer.engine.setup import Setup
from trainer.ground.errors import ConfigError


@pytest.fixture
def file(tmp_path):
    np.savez(tmp_path / "mine.npz", inputs=np.zeros((60, 7, 5), np.uint8), targets=np.arange(60) % 6)
    return f"data.file={tmp_path / 'mine.npz'}"


def test_the_network_gets_as_many_outputs_as_there_are_classes(file):
    config = composed("model=mlp", "data=arrays", file)
    assert (config["data"]["shape"], config["data"]["num_classes"]) == ([1, 7, 5], 6)
    assert config["model"]["layers"]["head"]["out_features"] == 6
    assert Setup(config).graph.input_shapes == ((1, 7, 5),)


def test_what_is_given_counts(file):
    data = composed("model=mlp", "data=arrays", file, "data.num_classes=9")["data"]
    assert (data["shape"], data["num_classes"]) == ([1, 7, 5], 9)


def test_values_have_no_classes(tmp_path):
    np.savez(tmp_path / "mine.npz", inputs=np.zeros((60, 7)), targets=np.zeros(60))
    options = ("model=mlp", "data=arrays", f"data.file={tmp_path / 'mine.npz'}")
    config = composed(*options)
    assert (config["data"]["shape"], config["data"]["num_classes"]) == ([7], None)
    with pytest.raises(ConfigError, match=r"null is not an integer; the data have no classes but values") as caught:
        Setup(config)
    assert caught.value.key == "model.layers.head.out_features"
    assert Setup(composed(*options, "model.layers.head.out_features=1")).problem.target_shape == (1,)


def test_without_files():
    with pytest.raises(ConfigError, match=r"^Arrays: give data.file=FILE.npz, or both data.inputs=") as caught:
        composed("data=arrays")
    assert caught.value.key == "data.file"
    with pytest.raises(DataError, match=r"nowhere.npz: no such file"):
        composed("data=arrays", "data.file=nowhere.npz")


def test_other_data_stay_as_they_are():
    given = OmegaConf.create({"data": {"_target_": "datasets.Digits", "num_classes": 10}})
    assert completed(given, ()) is given


def test_nothing_is_named_that_is_not_allowed():
    given = OmegaConf.create({"data": {"_target_": "os.path.Evil", "shape": "auto"}, "allow": ["os"]})
    with pytest.raises(ConfigError, match=r"trust another package with allow=\[os\]"):
        completed(given, ())
