"""What a network gives for a split; see also tests/trainer/commands/test_evaluate.py."""

import numpy as np
import pytest

from tests.helpers.runs import TINY, make_run
from trainer import load
from trainer.ground.values import ConfigError
from trainer.runs.measured import measured


def test_outputs_belong_to_the_examples(tmp_path):
    network = load(make_run(tmp_path, *TINY, "limit.test=50"))
    found = measured(network)
    assert (found.split, found.available, len(found.examples)) == ("test", 360, 50)
    inputs = np.concatenate([*found.examples.chunks("input")])
    np.testing.assert_allclose(network.predict(inputs), network.probabilities(found.outputs), rtol=1e-4, atol=1e-6)
    assert found.figures["accuracy"] == np.mean(network.problem.predictions(found.outputs) == found.targets)


def test_a_split_without_examples(tmp_path):
    with pytest.raises(ConfigError, match="the split 'validation' has no examples"):
        measured(load(make_run(tmp_path, *TINY, "validation=0")), "validation")
