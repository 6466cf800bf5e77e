"""Where values come from that are not finite."""

import numpy as np
import pytest

from tests.helpers.training import LAYERS, small_config
from trainer.datasets import Examples, Splits
from trainer.engine.setup import Setup
from trainer.training.blame import FIX, LOWER, UNTRAINED, blame

PLAIN = {name: LAYERS[name] for name in ("flatten", "fc1", "act1", "head")}


@pytest.fixture
def made():
    """A shard on examples of its own: pictures of floats, which may hold anything."""
    data = {"_target_": "tests.helpers.problems.Quarters", "values": True}
    head = {"_target_": "models.Linear", "out_features": 4}
    config = small_config("batch_size=10", model={"layers": PLAIN | {"head": head}}, data=data, allow=("tests",))
    setup = Setup(config)
    rng = np.random.default_rng(0)
    examples = Examples(rng.normal(size=(30, 1, 4, 4)).astype(np.float32), rng.normal(size=(30, 4)))
    return setup.shard(setup.parameters(), Splits(examples, examples, examples)), examples


BATCHES = [np.arange(10), np.arange(10, 30)]


@pytest.mark.parametrize(
    ("field", "place", "text"),
    [
        ("inputs", (17, 0, 2, 1), "the input of train example 17 holds nan, not a finite float32"),
        ("targets", (3, 2), "the target of train example 3 holds nan, not a finite float32"),
    ],
)
def test_the_first_example_at_fault_is_named(made, field, place, text):
    shard, examples = made
    getattr(examples, field)[place] = np.nan
    assert blame(shard, "train", BATCHES, "the loss", "", 0.1) == f"{text}; {FIX}"
    assert blame(shard, "train", [np.arange(4, 9)], "the loss", "", 0.1) == f"the loss (learning rate 0.1); {LOWER}"


def test_before_the_first_update_no_rate_is_to_blame(made):
    assert blame(made[0], "train", BATCHES, "the output of fc1", "", None) == f"the output of fc1; {UNTRAINED}"


def test_what_is_known_is_told(made):
    shard, _ = made
    shard.parameters["head.weight"][0, 0] = np.inf
    shard.parameters["head.bias"][...] = np.nan
    told = blame(shard, "train", BATCHES, "the loss", "loss nan", 0.01)
    assert told == f"the loss (loss nan, learning rate 0.01, head.weight not finite); {LOWER}"
