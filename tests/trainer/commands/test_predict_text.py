"""How a network continues a text."""

import json

import pytest

from tests.helpers.runs import make_run
from trainer.commands.predict import main

STORY = "the cat sat on the mat.\n" * 20


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    (folder / "story.txt").write_text(STORY)
    overrides = ("model=char_mlp", "data=text", f"data.file={folder / 'story.txt'}", "data.context=8")
    return make_run(folder / "run", *overrides)


def test_the_prompt_and_what_follows(run, capsys):
    assert main([str(run), "--prompt", "the ", "--length", "30"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("the ")
    assert len(text) == len("the ") + 30 + 1
    assert set(text) <= set(STORY)
    assert main([str(run), "--prompt", "the ", "--length", "30", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["prompt"] + found["text"] + "\n" == text


def test_the_seed_decides(run, capsys):
    def text(*more):
        assert main([str(run), "--prompt", "the ", *more]) == 0
        return capsys.readouterr().out

    assert text("--seed", "1") == text("--seed", "1") != text("--seed", "2")
    assert text("--seed", "1", "--temperature", "0") == text("--seed", "2", "--temperature", "0")
    assert len(text()) == len("the ") + 500 + 1


def test_characters_that_training_has_not_seen_are_named(run, capsys):
    assert main([str(run), "--prompt", "é\x1bt", "--length", "5"]) == 0
    output = capsys.readouterr()
    assert output.err.splitlines() == ["the network has not seen '\\x1b' 'é'; taken for unknown"]
    assert output.out.startswith("é\\x1bt")
