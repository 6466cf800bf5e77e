"""Parameters that several nodes use."""

import pytest

from trainer.models import Linear
from trainer.models.errors import GraphError
from trainer.models.node import Node
from trainer.models.sharing import owner_names, shared_names

FC1 = Node("block.fc1", Linear(3), ("input",), ((4,),), (3,), {"weight": "w", "bias": "b"})
PARAMETERS = dict(zip(("w", "b"), Linear(3).parameters((4,)).values(), strict=True))


def shared(given, layer=None, shape=(4,)):
    layer = layer or Linear(3)
    declared = layer.parameters(shape)
    return shared_names(given, type(layer).__name__, declared, {"block.fc1": FC1}, PARAMETERS, "twin.shared_with")


def find(name, key):
    if name != "fc1":
        raise GraphError(f"no node {name!r}", key=key)
    return "block.fc1"


def test_names_of_a_stack_become_names_of_nodes():
    assert owner_names("fc1", find, "key") == "block.fc1"
    assert owner_names({"weight": "fc1.weight"}, find, "key") == {"weight": "block.fc1.weight"}


@pytest.mark.parametrize(("given", "message"), [("fc2", "key: no node 'fc2'"), (["fc1"], r"key: \['fc1'\] is neither")])
def test_names_that_are_none_are_refused(given, message):
    with pytest.raises(GraphError, match=message):
        owner_names(given, find, "key")


def test_a_layer_shares_all_or_some_of_what_another_has():
    assert shared("block.fc1") == {"weight": "w", "bias": "b"}  # whose own names may be another's
    assert shared({"weight": "w"}) == {"weight": "w"}


@pytest.mark.parametrize(
    ("given", "layer", "message"),
    [
        ("block.fc1", Linear(5), r"^twin\.shared_with: w is 3x4, but Linear needs 5x4 as its weight"),
        ("block.fc2", Linear(3), r"no layer before this one has 'block\.fc2\.weight'; there is w, b"),
        ({"kernel": "w"}, Linear(3), "Linear has no parameter 'kernel'; it has weight, bias"),
    ],
)
def test_what_does_not_fit_is_refused(given, layer, message):
    with pytest.raises(GraphError, match=message):
        shared(given, layer)


def test_a_layer_without_parameters_shares_none():
    with pytest.raises(GraphError, match="Linear has no parameters; leave out shared_with"):
        shared_names("block.fc1", "Linear", {}, {"block.fc1": FC1}, PARAMETERS, "key")
