"""What a probe shows, and that it leaves the run alone."""

import numpy as np
import pytest

from tests.helpers.training import small_config
from trainer.engine.probe import Probe
from trainer.engine.setup import Setup
from trainer.models import Workspace

LAYERS = {
    "flatten": {"_target_": "models.Flatten"},
    "fc1": {"_target_": "models.Linear", "out_features": 16},
    "act1": {"_target_": "models.ReLU"},
    "norm1": {"_target_": "models.BatchNorm"},
    "drop1": {"_target_": "models.Dropout", "p": 0.3},
    "head": {"_target_": "models.Linear", "out_features": 10},
}


@pytest.fixture(scope="module")
def setup():
    return Setup(small_config("fuse=true", model={"layers": LAYERS}))


@pytest.fixture(scope="module")
def loader(setup):
    return setup.loaders(setup.splits())["train"]


def test_every_layer_is_seen_as_it_predicts(setup, loader):
    """Also those that are computed as one node; dropout lets all pass, and BatchNorm uses its running statistics."""
    parameters = setup.parameters()
    seen = Probe(setup.graph, parameters, loader, seed=0)()
    assert list(seen) == list(LAYERS)
    assert {node.name for node in setup.network.nodes} < LAYERS.keys()
    assert {output.shape[-1] for output in seen.values()} == {128}
    hidden = parameters["fc1.weight"] @ seen["flatten"] + parameters["fc1.bias"][:, np.newaxis]
    np.testing.assert_allclose(seen["fc1"], hidden, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(seen["act1"], np.maximum(seen["fc1"], 0))
    np.testing.assert_allclose(seen["norm1"], seen["act1"] / np.sqrt(1 + 1e-5), rtol=1e-5)  # mean 0, variance 1
    np.testing.assert_array_equal(seen["drop1"], seen["norm1"])


def test_it_shows_the_same_examples_with_the_parameters_of_now(setup, loader):
    parameters = setup.parameters()
    probe = Probe(setup.graph, parameters, loader, seed=0)
    before = {name: output.copy() for name, output in probe().items()}
    loader.load(np.arange(5), *Workspace(setup.graph, parameters).inputs(5))  # the run reads on
    parameters["head.bias"][...] += 1
    after = probe()
    np.testing.assert_array_equal(after["flatten"], before["flatten"])
    np.testing.assert_allclose(after["head"], before["head"] + 1, rtol=1e-5, atol=1e-5)
    others = Probe(setup.graph, parameters, loader, seed=1)()
    assert (others["flatten"] != before["flatten"]).any()


def test_it_reads_parameters_only(setup, loader):
    parameters = setup.parameters()
    parameters.gradients.fill(7)
    before = {name: parameters[name].copy() for name in parameters}
    Probe(setup.graph, parameters, loader, seed=0)()
    for name, values in before.items():
        np.testing.assert_array_equal(parameters[name], values)
    assert (parameters.gradients == 7).all()


def test_of_large_activations_it_takes_fewer(setup, loader, monkeypatch):
    monkeypatch.setattr("trainer.engine.probe.MOST_BYTES", 40_000)
    values = 64 * 2 + 4 * 16 + 10
    seen = Probe(setup.graph, setup.parameters(), loader, seed=0)()
    assert seen["head"].shape[-1] == 40_000 // (4 * values)
