"""The names of tensors: after their nodes, and each once."""

import pytest

from trainer.export.writer import INPUT, OUTPUT, Writer


@pytest.fixture
def writer():
    pytest.importorskip("onnx")
    return Writer(network=None, ends=["probabilities"])


def test_the_first_operator_of_a_node_has_its_name(writer):
    writer.enter("act1", [INPUT], [(4,)], {})
    names = [writer.emit("Neg", INPUT), writer.emit("Exp", "act1"), writer.constant([1.0])]
    assert names == ["act1", "act1:2", "act1:3"]
    assert [(node.op_type, [*node.output]) for node in writer.nodes] == [("Neg", ["act1"]), ("Exp", ["act1:2"])]
    assert [constant.name for constant in writer.constants] == ["act1:3"]


@pytest.mark.parametrize("name", [OUTPUT, "probabilities"])
def test_a_node_named_as_an_end_takes_no_tensor_from_it(writer, name):
    writer.enter(name, [INPUT], [(4,)], {})
    assert writer.emit("Neg", INPUT) == f"{name}:1"
