"""What a user may call a run."""

import json
import os
from pathlib import Path

import pytest

from tests.helpers.runs import TINY, make_run
from trainer import load
from trainer.ground.values import ConfigError
from trainer.runs.find import find
from trainer.runs.folder import RECORD


def checkpoint(directory, seconds):
    path = directory / "checkpoints" / "last.safetensors"
    path.parent.mkdir(parents=True)
    path.touch()
    os.utime(path, (seconds, seconds))
    return directory


def sweep(directory, values, objective="best_val_accuracy"):
    directory.mkdir()
    (directory / RECORD).write_text(f"objective: {objective}\n")
    when, _, metric = objective.partition("_")
    for number, value in enumerate(values):
        (directory / f"{number:02d}").mkdir()
        result = {"status": "failed" if value is None else "completed", when: {metric: value}}
        (directory / f"{number:02d}/result.json").write_text(json.dumps(result))
    return directory


def test_a_path_is_itself(tmp_path):
    for path in (tmp_path, tmp_path / "none", tmp_path / "best.safetensors"):
        assert find(str(path)) == find(path) == path


def test_last_is_the_newest_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checkpoint(Path("outputs/lenet5-digits/2026-01-02"), 100)
    newest = checkpoint(Path("outputs/multirun/2026-01-01/00_lr=0.1"), 300)
    checkpoint(Path("outputs/mine"), 200)
    Path("outputs/lenet5-digits/2026-01-03").mkdir()  # of a summary
    assert find("last") == newest


def test_a_folder_called_last(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find(Path("last")) == Path("last")
    assert find("./last") == Path("last")


def test_no_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"last: no run with a checkpoint is under .*outputs; give a run's directory"):
        find("last")


@pytest.mark.parametrize(
    ("objective", "values", "best"),
    [
        ("best_val_accuracy", [0.5, 0.9, None, 0.9], "01"),
        ("best_val_loss", [0.5, 0.1, None], "01"),
        ("final_val_loss", [0.5, 0.1, 0.05], "02"),
    ],
)
def test_a_sweep_is_its_best_run(tmp_path, objective, values, best):
    directory = sweep(tmp_path / "sweep", values, objective)
    assert find(directory) == directory / best


def test_a_sweep_without_a_best_run(tmp_path):
    for name, values in (("failed", [None, None]), ("empty", [])):
        with pytest.raises(ConfigError, match=rf"{name}: none of its {len(values)} runs has a best_val_accuracy"):
            find(sweep(tmp_path / name, values))


@pytest.mark.parametrize(
    ("file", "content"),
    [(RECORD, "a: {"), (RECORD, "[1]"), (RECORD, "objective: 3"), (RECORD, "x: 1"), ("00/result.json", "[1]"),
     ("00/result.json", "{"), ("00/result.json", '{"status": "completed", "best": {"val_accuracy": "high"}}'),
     ("00/result.json", b"\xff\xfe\xfa")],
)  # fmt: skip
def test_a_damaged_sweep(tmp_path, file, content):
    directory = sweep(tmp_path / "sweep", [0.5])
    (directory / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError, match="is damaged; give one of its runs"):
        find(directory)


def test_in_python(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_run(Path("outputs/mine"), *TINY)
    assert load("last").path == Path("outputs/mine/checkpoints/best.safetensors")
