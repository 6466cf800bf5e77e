"""The page as a whole."""

import json
import re
from collections import Counter

import pytest

from tests.helpers.runs import TINY, make_run
from trainer.pages.page import asset
from trainer.pages.show.contents import SCRIPTS, about, answer, show_page
from trainer.runs.network import load


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    norm = "+model.layers.norm={_target_: models.BatchNorm, inputs: [head]}"
    return load(make_run(tmp_path_factory.mktemp("show") / "run", *TINY, norm))


def data_of(html: str) -> dict:
    return json.loads(re.search(r'id="data">(.*?)</script>', html).group(1))


def test_what_is_inside(network):
    data = data_of(show_page(network, live="7"))
    assert (data["title"], data["live"], len(data["examples"])) == ("a network on Digits", "7", 20)
    assert {*data["weights"]} == {*network.parameters}
    assert data["answer"] == {"kind": "classes", "names": [*"0123456789"], "squashed": False, "mean": [], "std": []}


def test_what_is_known_of_the_run(network):
    folder = network.path.parent.parent
    (folder / ".hydra").mkdir()
    (folder / ".hydra" / "hydra.yaml").write_text("hydra: {runtime: {choices: {model: mlp}}}\n")
    (folder / "result.json").write_text('{"status": "completed", "test": {"loss": 0.25, "accuracy": 0.9375}}')
    assert data_of(show_page(network))["title"] == "mlp on Digits"
    assert about(network) == ["1,934 parameters", "test loss 0.25", "test accuracy 0.9375", str(folder)]


def test_values_have_names(tmp_path):
    found = answer(load(make_run(tmp_path / "sine", "model=mlp", "data=sine")))
    assert (found["kind"], found["names"], found["squashed"]) == ("values", ["value"], False)


def test_files_are_short_and_plain():
    for script in SCRIPTS:
        lines = asset(script).splitlines()
        assert len(lines) < 350, script
        assert lines[0].startswith("// "), script


def test_no_two_files_declare_one_name():
    """They share one scope, where the later function would silently replace the other."""
    declared = re.compile(r"^(?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)
    names = Counter(name for script in SCRIPTS for name in declared.findall(asset(script)))
    assert len(names) > 100
    assert [name for name, count in names.items() if count > 1] == []
