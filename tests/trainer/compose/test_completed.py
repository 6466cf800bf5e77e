"""What follows from the files of the data, before anything refers to it."""

import numpy as np
import pytest
from omegaconf import OmegaConf

from tests.helpers.runs import composed
from trainer.compose.completed import completed, with_outputs
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
    data = config["data"]
    assert (data["shape"], data["num_classes"], data["num_values"]) == ([7], None, 1)
    assert Setup(config).problem.target_shape == (1,)


def test_mean_and_std_are_those_of_the_training_examples(file):
    config = composed("model=mlp", "data=arrays", file)
    assert (config["data"]["mean"], config["data"]["std"]) == ([0.0], [1.0])  # of zeros


def test_data_that_do_not_say_how_many_outputs_they_need():
    given = {"data": {"_target_": "datasets.Digits"}, "model": {"layers": {"head": {"out_features": "auto"}}}}
    with pytest.raises(ConfigError, match="auto: the data say neither num_classes nor num_values") as caught:
        with_outputs(given)
    assert caught.value.key == "model.layers.head.out_features"


def test_a_text_of_the_files_is_no_interpolation(tmp_path):
    (tmp_path / "a.csv").write_text("colour,x,y\n" + "${oc.env:HOME},1,a\n${b},2,b\n" * 20)
    config = composed("model=mlp", "data=table", f"data.file={tmp_path / 'a.csv'}", "data.target=y")
    assert config["data"]["features"][0]["levels"] == ("${b}", "${oc.env:HOME}")


def test_without_files():
    with pytest.raises(ConfigError, match=r"^Arrays: give data.file=FILE.npz, or both data.inputs=") as caught:
        composed("data=arrays")
    assert caught.value.key == "data.file"
    with pytest.raises(DataError, match=r"nowhere.npz: no such file"):
        composed("data=arrays", "data.file=nowhere.npz")


def test_other_data_stay_as_they_are():
    given = OmegaConf.create({"data": {"_target_": "datasets.Digits", "num_classes": 10}})
    assert completed(given, ()) == (given, None)


def test_nothing_is_named_that_is_not_allowed():
    given = OmegaConf.create({"data": {"_target_": "os.path.Evil", "shape": "auto"}, "allow": ["os"]})
    with pytest.raises(ConfigError, match=r"trust another package with allow=\[os\]"):
        completed(given, ())
