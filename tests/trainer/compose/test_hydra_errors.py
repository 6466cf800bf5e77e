"""What Hydra says, in words for users."""

import pytest

from trainer.compose.configure import compose
from trainer.compose.errors import explain


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("model=lenet", "model=lenet: no such file configs/model/lenet.yaml; did you mean 'lenet5'?"),
        ("seed=1,2", "seed=1,2: several values need --multirun; one list is written KEY=[1,2]"),
        ("+model=mlp", "+model=mlp: a choice is made already; leave out the plus sign to change it"),
        ("~model=mlp", "~model=mlp: the choice is not 'mlp'; write ~model to leave out any"),
        ("~nothing=mlp", "~nothing=mlp: no option 'nothing'"),
        ("+seed=1", "+seed=1: 'seed' exists already; leave out the plus sign"),
        ("epocs=3", "epocs=3: no option 'epocs'; did you mean 'epochs'?"),
        ("optimizer.lrr=3", "optimizer.lrr=3: Adam has no option 'lrr'; did you mean 'lr'?"),
        ("seed.more=3", "seed.more=3: 'seed' is a value without options"),
        ("model={new: 1}", "model={new: 1}: a choice is written model=NAME, and one of its options model.KEY=VALUE"),
        ("~optimizer.nothing", "~optimizer.nothing: Adam has no option 'nothing'"),
        ("+data.columns.Größe=ignore", "+data.columns.Größe=ignore: give the column by its number, counted from 1"),
        ("größe=1", "größe=1: keys have letters from a to z only"),
        ("epochs=[1", "epochs=[1: not an override; write KEY=VALUE, special characters in quotes"),
    ],
)
def test_one_line_with_the_remedy(override, line):
    with pytest.raises(Exception) as caught:
        compose([override])
    assert explain(caught.value, [override]).startswith(line)


def test_a_file_of_ones_own_that_names_a_choice_that_there_is_not(tmp_path):
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment/mine.yaml").write_text("# @package _global_\ndefaults: [{override /model: nil}]\n")
    with pytest.raises(Exception) as caught:
        compose(["experiment=mine"], [tmp_path])
    line = explain(caught.value, ["experiment=mine"], [tmp_path])
    assert "no such file configs/model/nil.yaml" in line
    assert "\n" not in line


def test_options_are_those_of_the_class_that_is_chosen():
    overrides = ["optimizer=sgd", "optimizer.beta=1"]
    with pytest.raises(Exception) as caught:
        compose(overrides)
    assert explain(caught.value, overrides).startswith("optimizer.beta=1: SGD has no option 'beta'")
