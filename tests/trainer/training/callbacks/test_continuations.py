"""continuations.jsonl: which epochs write, resumed runs, trackers."""

import json

import pytest

from tests.helpers.runs import composed
from tests.helpers.training import At, CrashError, assert_same_run, resumed, train
from trainer import load
from trainer.datasets.source import INPUT
from trainer.engine.setup import Setup
from trainer.ground.streams import stream
from trainer.runs.sampling import tokens
from trainer.training.callbacks import Continuations

STORY = "the cat sat on the mat.\n" * 20
SMALL = (
    *("model=char_mlp", "data=text", "data.context=4", "model.layers.fc1.out_features=8", "batch_size=100"),
    *("model.layers.fc2.out_features=8", "model.layers.vectors.embedding_dim=3", "parallel.workers=1"),
    *("callbacks.curves=null", "callbacks.report=null", "callbacks.layers=null"),
)


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    file = tmp_path_factory.mktemp("text") / "story.txt"
    file.write_text(STORY)
    return lambda *overrides: composed(*SMALL, f"data.file={file}", "epochs=3", *overrides)


def crash(_):
    raise CrashError


def test_after_an_epoch_it_goes_on_with_the_validation(story, tmp_path, monkeypatch):
    """Before the first one, too, and ever less often of many."""
    monkeypatch.setattr("trainer.training.callbacks.continuations.EVERY", 2)
    log = "+callbacks.log={_target_: trainer.loggers.JsonLines}"
    config = story("validation=0.2", "epochs=4", "callbacks.continuations.length=30", log)
    train(config, tmp_path / "run")
    lines = [json.loads(line) for line in (tmp_path / "run" / "continuations.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [0, 1, 2, 4]
    network, validation = load(tmp_path / "run" / "checkpoints" / "last.safetensors"), Setup(config).splits().validation
    window = validation.read_all(INPUT)[0]
    assert {line["prompt"] for line in lines} == {network.dataset.decode(window)}
    written = tokens(network, window, 30, 0.8, stream(0, "continuations"))
    assert network.dataset.decode([*written]) == lines[-1]["text"] != lines[0]["text"]
    events = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    tracked = [(event["epoch"], event["text"]) for event in events if event["event"] == "text"]
    assert tracked == [(line["epoch"], line["text"]) for line in lines[1:]]
    assert {"event": "file", "name": "continuations.jsonl"}.items() <= events[-3].items()


def test_it_changes_nothing_of_the_run_and_a_resumed_run_goes_on_in_the_same_file(story, tmp_path):
    whole, parts, without = tmp_path / "whole", tmp_path / "parts", tmp_path / "without"
    config = story("callbacks.checkpoints.every_steps=2")
    train(config, whole)
    train(story("callbacks.continuations=null"), without)
    assert_same_run(whole, without)
    assert not (without / "continuations.jsonl").exists()
    with pytest.raises(CrashError):
        train(config, parts, At(7, crash))  # in the middle of an epoch
    with (parts / "continuations.jsonl").open("a") as file:
        file.write('{"epoch": 3, "prompt": "lost", "text": "lost"}\n{"epo')  # of epochs after the checkpoint
    resumed(config, parts)
    assert_same_run(whole, parts)
    assert (parts / "continuations.jsonl").read_bytes() == (whole / "continuations.jsonl").read_bytes()


def test_options_out_of_range_are_named():
    with pytest.raises(ValueError, match="length: 0 is not in"):
        Continuations(length=0)
