"""`trainer resume`: what it asks the application for."""

import pytest

from trainer.commands import app
from trainer.commands.resume import main


@pytest.fixture
def asked(monkeypatch):
    calls = []
    monkeypatch.setattr(app, "main", lambda arguments: calls.append(arguments) or 0)
    return calls


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["outputs/run"], ["resume='outputs/run'"]),
        (["last", "epochs=40", "-cd", "mine"], ["resume='last'", "epochs=40", "-cd", "mine"]),
        (["it's"], [r"resume='it\'s'"]),
    ],
)
def test_the_run_becomes_an_override(given, expected, asked):
    assert main(given) == 0
    assert asked == [expected]


def test_a_job_of_a_sweep(asked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "00_lr=0.1").mkdir()
    assert main(["00_lr=0.1"]) == 0
    assert asked == [["resume='00_lr=0.1'"]]


@pytest.mark.parametrize("given", [[], ["epochs=3"], ["-m", "run"]])
def test_the_run_comes_first(given, asked, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(given)
    line = "error: the run comes first, as in trainer resume last epochs=40; see trainer resume --help\n"
    assert capsys.readouterr().err == line
    assert asked == []
