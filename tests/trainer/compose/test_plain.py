"""Composed configurations as plain values."""

import pytest
from omegaconf import OmegaConf

from trainer.compose.plain import as_written, as_yaml, plain, resolved, with_directory, with_values
from trainer.ground.errors import ConfigError

NODE = {"data": {"num_classes": 10}, "head": {"out_features": "${data.num_classes}"}, "list": [1, None]}


def test_plain_values():
    found = plain(OmegaConf.create(NODE))
    assert found == {"data": {"num_classes": 10}, "head": {"out_features": 10}, "list": [1, None]}
    assert {type(found), type(found["head"]), type(found["list"])} == {dict, list}


@pytest.mark.parametrize(
    ("node", "key", "message"),
    [
        ({"a": {"b": "???"}}, "a.b", "it has no value yet; set it with a.b=VALUE"),
        ({"a": "${b}"}, "a", "it refers to 'b', which does not exist; name a key that does"),
        ({"a": {"b": "${data.size}"}, "data": {"x": 1}}, "data.size",
         "it has no size, which a.b needs; choose a data=NAME that has it, or add +data.size=VALUE"),
        ({"a": {"b": "${data.sise}"}, "data": {"size": 1}}, "a.b",
         "it refers to 'data.sise', which does not exist; name a key that does"),
        ({"a": "${a}"}, "a", "it refers to itself"),
        ({"a": "${env:HOME}"}, "a",
         "there is no 'env:' to take a value from; ${...} holds a key of the configuration, or oc.env:NAME"),
        ({"a": "${oc.env:NOWHERE_SET}"}, "a",
         "the environment variable NOWHERE_SET is not set; set it, or give another value: ${oc.env:NOWHERE_SET,VALUE}"),
        ({"a": "${oc.decode:'[1'}"}, "a", "it cannot be resolved: missing BRACKET_CLOSE at '<EOF>'"),
        ({"a": {1: 2}}, "a.1", "1 is not a name, since YAML reads on, yes, 1 and null as values; write it in quotes"),
        ({"a": [{True: 2}]}, "a.0.True", "True is not a name, since YAML reads on, yes, 1 and null as values; write it "
                                         "in quotes"),
    ],
)  # fmt: skip
def test_mistakes(node, key, message):
    with pytest.raises(ConfigError) as caught:
        plain(OmegaConf.create(node))
    assert (caught.value.key, caught.value.message) == (key, message)


def test_as_it_was_written_or_resolved():
    node = OmegaConf.create(NODE | {"missing": "???"})
    assert as_written(node) == NODE | {"missing": "???"}
    assert resolved(node)["head"] == {"out_features": 10}


def test_yaml_keeps_interpolations():
    text = "head:\n  out_features: ${data.num_classes}\n"
    assert as_yaml(OmegaConf.create({"head": NODE["head"]})) == as_yaml({"head": NODE["head"]}) == text


def test_other_values_leave_the_first_as_they_were():
    spec = {"_target_": "x", "root": None, "size": [1, 2]}
    assert with_values(spec, ["root=here", "size=[3]", "more=2"]) == {
        "_target_": "x", "root": "here", "size": [3], "more": 2,
    }  # fmt: skip
    assert spec == {"_target_": "x", "root": None, "size": [1, 2]}


def test_a_directory_in_what_cannot_be_changed(tmp_path):
    node = OmegaConf.create({"run": {"dir": "somewhere"}})
    OmegaConf.set_readonly(node, True)
    with_directory(node.run, tmp_path)
    assert node.run.dir == str(tmp_path)
