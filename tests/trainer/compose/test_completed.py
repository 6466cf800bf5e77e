"""What follows from the files of the data, before anything refers to it."""

import numpy as np
import pytest
from omegaconf import OmegaConf

from tests.helpers.problems import Quarters
from tests.helpers.runs import composed
from trainer.compose.completed import completed, with_class_weights, with_outputs
from trainer.datasets import DataError
from trainer.engine.setup import Setup
from trainer.ground.errors import ConfigError, GraphError


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


STANDARDISED = ("data.target_mean=auto", "data.target_std=auto")


def test_labels_are_not_standardised(file):
    with pytest.raises(ConfigError, match="auto: the targets are not vectors of values; leave it out") as caught:
        composed("model=mlp", "data=arrays", file, *STANDARDISED)
    assert caught.value.key == "data.target_std"


def test_data_that_do_not_say_how_many_outputs_they_need():
    given = {"data": {"_target_": "datasets.Digits"}, "model": {"layers": {"head": {"out_features": "auto"}}}}
    with pytest.raises(ConfigError, match="auto: the data say neither num_classes nor num_values") as caught:
        with_outputs(given)
    assert caught.value.key == "model.layers.head.out_features"


def test_a_text_of_the_files_is_no_interpolation(tmp_path):
    (tmp_path / "a.csv").write_text("colour,x,y\n" + "${oc.env:HOME},1,a\n${b},2,b\n${b},3,a\n" * 20)
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


DIGITS = ("model=mlp", "data=digits", "limit.train=200")


@pytest.mark.parametrize("loss", ["auto", "focal"])
def test_balanced_class_weights_follow_from_the_training_examples_and_are_recorded(loss):
    config = composed(*DIGITS, f"loss={loss}", "loss.class_weights=balanced")
    setup = Setup(config)
    counts = np.bincount(setup.splits().train.targets, minlength=10)
    assert config["loss"]["class_weights"] == pytest.approx(200 / (10 * counts))
    assert setup.loss.class_weights == tuple(config["loss"]["class_weights"])


def test_balanced_weights_of_labels_are_those_of_the_examples_that_have_them():
    config = {"data": {"_target_": "tests.helpers.problems.Quarters"}, "loss": {"class_weights": "balanced"}}
    config |= {"seed": 0, "validation": 0.0, "limit": {}}
    with_class_weights(config, ("tests",))
    have = Quarters().read()[0].targets.sum(axis=0)
    assert config["loss"]["class_weights"] == pytest.approx((200 - have) / have)


def test_class_weights_by_name_stand_in_the_order_of_the_classes():
    config = composed(*DIGITS, "loss.class_weights={7: 2, 1: 0.5}")
    assert config["loss"]["class_weights"] == [1, 0.5, 1, 1, 1, 1, 1, 2, 1, 1]


@pytest.mark.parametrize(
    ("override", "key", "message"),
    [
        ("loss.class_weights={11: 2}", "loss.class_weights.11", "no class '11'; did you mean '1'"),
        ("loss.class_weights={1: much}", "loss.class_weights.1", "'much' is not a number"),
        ("loss.class_weights=balance", "loss.class_weights", "'balance' is neither balanced nor a weight for each"),
        ("loss.class_weights=[1,2]", "loss.class_weights", "2 weights for 10 classes; give one for each"),
        ("loss.class_weights=[1,-2]", "loss.class_weights", "has a weight that is not in"),
        ("loss={_target_: models.losses.Huber, class_weights: balanced}", "loss.class_weights", "has no option"),
    ],
)
def test_class_weights_that_do_not_fit_are_refused(override, key, message):
    with pytest.raises((ConfigError, GraphError), match=message) as caught:
        Setup(composed(*DIGITS, override))
    assert caught.value.key == key
