"""The jobs of a sweep: which, how they are called, and what their directories tell."""

import json

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from trainer.ground.values import ConfigError
from trainer.sweep.jobs import Job, combinations, command, plan, read, short_names


def combined(*overrides):
    return combinations(OverridesParser.create().parse_overrides(list(overrides)))


def names(directory, *overrides):
    return [job.name for job in plan(directory, combined(*overrides))]


def test_every_combination_the_last_key_fastest():
    assert [[*chosen.values()] for chosen in combined("a=1,2", "epochs=5", "b=x,y")] == [
        ["a=1", "epochs=5", "b=x"],
        ["a=1", "epochs=5", "b=y"],
        ["a=2", "epochs=5", "b=x"],
        ["a=2", "epochs=5", "b=y"],
    ]


@pytest.mark.parametrize(
    ("override", "values"),
    [
        ("a=range(1,4)", ["a=1", "a=2", "a=3"]),
        ("a=choice(x,y)", ["a=x", "a=y"]),
        ("+a=1,2", ["+a=1", "+a=2"]),
        ("a=[1,2]", ["a=[1,2]"]),
        ("a=[1,2],[3]", ["a=[1,2]", "a=[3]"]),
        ("~a.b", ["~a.b"]),
        ("a='x,y'", ["a='x,y'"]),
    ],
)
def test_values(override, values):
    assert [value for chosen in combined(override) for value in chosen.values()] == values


def test_the_last_of_a_key_counts():
    assert [[*chosen.values()] for chosen in combined("a=1,2", "a=3")] == [["a=3"]]


def test_a_range_without_steps_needs_a_search():
    with pytest.raises(ConfigError, match="it has no steps") as caught:
        combined("optimizer.lr=interval(0,1)")
    assert caught.value.key == "optimizer.lr"


def test_names_are_readable(tmp_path):
    assert names(tmp_path, "optimizer.lr=0.1,0.01", "model=mlp", "seed=0,1") == [
        "00_lr=0.1,seed=0",
        "01_lr=0.1,seed=1",
        "02_lr=0.01,seed=0",
        "03_lr=0.01,seed=1",
    ]


def test_names_are_safe_and_short(tmp_path):
    first, second = names(tmp_path, "a=/tmp/../x y,[1,2,{b:'ü'}]")
    assert first == "00_a=-tmp-..-x-y"
    assert "/" not in second
    assert " " not in second
    for letter in "xö語":
        assert all(len(name.encode()) <= 110 for name in names(tmp_path, f"a='{letter * 300}','{letter * 299}'"))


def test_letters_of_all_languages_stay_where_files_may_have_them(tmp_path, monkeypatch):
    chosen = "a='größe','gro\u0308ße','日本 語'"
    assert names(tmp_path, chosen) == ["00_a=größe", "01_a=größe", "02_a=日本-語"]
    (tmp_path / "01_a=gr-e").mkdir()  # by an earlier version, whose sweep continues
    assert names(tmp_path, chosen)[:2] == ["00_a=größe", "01_a=gr-e"]
    monkeypatch.setattr("os.fsencode", lambda name: name.encode("latin-1"))
    assert names(tmp_path, chosen)[1:] == ["01_a=gr-e", "02_a="]


def test_a_single_job_has_a_number(tmp_path):
    assert names(tmp_path, "a=1") == ["00"]


def test_more_than_a_hundred_jobs_sort_by_name(tmp_path):
    assert names(tmp_path, "a=range(120)")[5] == "005_a=5"


def test_short_names_stay_distinct():
    assert short_names(["optimizer.lr", "model.fc1.p", "model.fc2.p", "seed"]) == {
        "optimizer.lr": "lr", "model.fc1.p": "fc1.p", "model.fc2.p": "fc2.p", "seed": "seed",
    }
    assert short_names(["p", "drop.p"]) == {"p": "p", "drop.p": "drop.p"}


def test_read_finds_what_was_planned(tmp_path):
    planned = plan(tmp_path, combined("epochs=3", "optimizer.lr=0.1,0.2", "+x='a b',c"))
    for job in planned:
        job.prepare()
    assert read(tmp_path) == planned


def test_status(tmp_path):
    job = Job(tmp_path / "0", ["a=1"])
    job.prepare()
    assert job.status == "waiting"
    (job.directory / ".hydra/config.yaml").write_text("a: 1\n")
    assert job.status == "interrupted"
    (job.directory / "result.json").write_text('{"status": "compl')
    assert job.status == "interrupted"
    (job.directory / "result.json").write_text(json.dumps({"status": "completed"}))
    assert job.status == "completed"


@pytest.mark.parametrize(("status", "kept"), [("stopped", True), ("failed", False)])
def test_the_checkpoint_of_an_interrupted_job_is_kept(status, kept, tmp_path):
    job = Job(tmp_path / "0", ["a=1"])
    (job.directory / "checkpoints").mkdir(parents=True)
    (job.directory / "result.json").write_text(json.dumps({"status": status}))
    job.prepare()
    assert (job.directory / "checkpoints").exists() == kept
    assert job.result is None


def test_metrics(tmp_path):
    job = Job(tmp_path, [])
    assert job.metrics == []
    (tmp_path / "metrics.csv").write_text("epoch,train_loss,val_loss\n1,0.5,\n2,nan,0.25\n")
    first, second = job.metrics
    assert first == {"epoch": 1.0, "train_loss": 0.5}
    assert second["val_loss"] == 0.25


def test_command_is_quoted():
    assert command(["model=mlp", "+x='a b'"]) == """python -m trainer model=mlp '+x='"'"'a b'"'"''"""
