"""Findings of whole runs: what the report of a deep sigmoid network says, and that healthy runs say nothing."""

import pytest

from tests.helpers.runs import composed
from tests.helpers.training import train
from trainer.pages.report.facts import read
from trainer.pages.report.findings import findings

SIGMOIDS = ("model=deep_mlp", "model.layers.hidden.layers.act._target_=models.Sigmoid", "data=digits")
ALONE = ("callbacks.curves=null", "callbacks.report=null", "parallel.workers=1")
SMALL = ("model.layers.hidden.layers.fc.out_features=64", *ALONE)


def test_a_deep_sigmoid_network_says_why_it_does_not_learn(tmp_path):
    """Six layers of sigmoids on the digits: a textbook's example, from the directory that the run leaves."""
    config = composed(*SIGMOIDS, *SMALL, "optimizer=sgd", "optimizer.lr=0.1", "epochs=3")
    result = train(config, tmp_path / "run")
    assert result["test"]["accuracy"] < 0.2
    first, second = findings(read(tmp_path / "run"))[:2]
    assert "layers get almost no gradient (per parameter hidden.0.fc gets" in first.text
    assert "a sigmoid's slope is at most 1/4" in first.text
    assert "models.ReLU" in first.advice
    assert "The network learns nothing" in second.text


def test_the_advice_for_a_deep_sigmoid_network_helps(tmp_path):
    config = composed(*SIGMOIDS, *SMALL, "optimizer=sgd", "optimizer.lr=0.1", "epochs=3")
    config["model"]["layers"]["hidden"]["layers"]["act"]["_target_"] = "models.ReLU"
    result = train(config, tmp_path / "run")
    assert result["test"]["accuracy"] > 0.6
    assert not [finding for finding in findings(read(tmp_path / "run")) if finding.urgent]


@pytest.mark.slow
@pytest.mark.parametrize(
    "overrides",
    [
        ("model=lenet5", "data=digits", "epochs=8"),
        ("model=mlp", "data=digits", "epochs=8"),
        ("model=resnet8", "data=digits", "~data.transforms.resize", "epochs=3", "limit.test=100"),
        ("experiment=table", "data.file=docs/examples/wine.csv", "data.target=cultivar"),
        ("model=mlp", "data=moons"),
        ("model=mlp", "data=sine"),
    ],
    ids=" ".join,
)
def test_healthy_runs_say_nothing(tmp_path, overrides):
    train(composed(*overrides, *ALONE), tmp_path / "run")
    assert findings(read(tmp_path / "run")) == []
