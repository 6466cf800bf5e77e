"""`trainer sweep`: values make a sweep, a directory is summed up anew. What a sweep does: tests/trainer/sweep."""

import pytest

from trainer.commands import app
from trainer.commands.sweep import main


@pytest.fixture
def asked(monkeypatch):
    calls = []
    monkeypatch.setattr(app, "main", lambda arguments: calls.append(arguments) or 0)
    return calls


@pytest.mark.parametrize("given", [["optimizer.lr=0.1,0.01"], ["search=lr"], ["--config-dir", "mine", "seed=0,1"]])
def test_values(given, asked):
    assert main(given) == 0
    assert asked == [["--multirun", *given]]


def test_nothing(asked, capsys):
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert "give values to combine" in capsys.readouterr().err
    assert asked == []


def test_no_sweep(asked, tmp_path, capsys):
    (tmp_path / "a=b").mkdir()
    assert main([str(tmp_path / "a=b")]) == 2
    assert main([str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"error: {tmp_path / name}: not a sweep; it would have a file multirun.yaml" for name in ("a=b", "none")
    ]
    assert asked == []
