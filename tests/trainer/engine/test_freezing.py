"""Which parameters keep their values."""

import pytest

from trainer.engine.freezing import frozen
from trainer.ground.errors import ConfigError
from trainer.models import BatchNorm, Linear, build


@pytest.fixture
def graph():
    return build({"fc1": Linear(3), "norm1": BatchNorm(), "fc2": Linear(2)}, (4,))


def test_patterns_choose_what_is_frozen(graph):
    changed = frozen(graph, ("fc1.*", "*.bias"))
    assert [name for name, p in changed.parameters.items() if p.frozen] == [
        "fc1.weight",
        "fc1.bias",
        "norm1.bias",
        "fc2.bias",
    ]
    assert not any(parameter.frozen for parameter in graph.parameters.values())


def test_without_patterns_it_is_the_same_network(graph):
    assert frozen(graph, ()) is graph


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        (("fc3.*",), r"'fc3\.\*' matches no parameter"),
        (("norm1.running_mean",), "matches no parameter"),  # which is not learned in any case
        (("fc*", "norm1.*"), "nothing is left to be learned"),
    ],
)
def test_mistakes(graph, patterns, message):
    with pytest.raises(ConfigError, match=message) as caught:
        frozen(graph, patterns)
    assert caught.value.key == "freeze"
