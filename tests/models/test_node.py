"""Inputs and nodes: what they are called."""

import pytest

from trainer import models
from trainer.models import Input

CHAIN = {
    "conv": models.Conv2d(3, 3, padding=1),
    "norm": models.BatchNorm(),
    "act": models.Tanh(),
    "pool": models.MaxPool2d(2),
    "fc": models.Linear(4),
    "relu": models.ReLU(),
    "head": models.Linear(2),
}


def test_a_node_knows_its_layers():
    graph = models.build(CHAIN, (1, 6, 6))
    whole, hidden, head = models.fuse(graph).nodes
    assert (whole.name, whole.label, whole.kind) == (
        "pool",
        "conv + norm + act + pool",
        "Conv2d + BatchNorm + Tanh + MaxPool2d",
    )
    assert (hidden.label, head.label, head.kind, head.own) == ("fc + relu", "head", "Linear", (head,))
    assert whole.own == tuple(graph.nodes[:4])


def test_an_input_in_words():
    assert str(Input((1, 28, 28))) == "1x28x28"
    assert str(Input((20,), "int64")).endswith(" int64")


def test_an_input_of_other_floats_is_refused():
    with pytest.raises(ValueError, match="dtype: float32 is neither of integers nor bool; leave it out for floats"):
        Input((3,), "float32")
