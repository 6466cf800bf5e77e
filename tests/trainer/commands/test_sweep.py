"""`trainer sweep`: values make a sweep, a directory is summed up anew. What a sweep does: tests/trainer/sweep."""

import pytest

from trainer.commands import app
from trainer.commands.sweep import main
from trainer.sweep.summary import Summary
from trainer.sweep.watch import Watch

SEARCH = ("search=optuna", "hydra.sweeper.search.trials=2")


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


@pytest.fixture
def undrawn(monkeypatch):
    """The pictures of a sweep take half of the time."""
    monkeypatch.setattr("trainer.sweep.summary.drawn", lambda draw, path: "")


@pytest.mark.slow
@pytest.mark.parametrize("search", [(), SEARCH])
def test_values_are_compared_by_their_loss(search, undrawn, trainer_here, tmp_path, capfd, monkeypatch):
    """Without an objective that the user names, it is the problem's own figure, in the terminal's table too."""
    if search:
        pytest.importorskip("optuna")
    goals, add = [], Watch.add
    monkeypatch.setattr(Watch, "add", lambda watch, jobs, goal: goals.append(goal) or add(watch, jobs, goal))
    small = ("model=shallow_cnn", "data=random_regression", "epochs=1", "parallel.workers=1", "callbacks.curves=null")
    assert trainer_here("sweep", *small, *search, "optimizer.lr=0.1,0.2", "hydra.sweep.dir=few") == 0
    assert "best_val_loss" in capfd.readouterr().out
    assert Summary(tmp_path / "few").objective == "best_val_loss"
    assert {*goals} == {"best_val_loss"}
    assert trainer_here("resume", "few") == 0
    assert "2 of 2 jobs are done already" in capfd.readouterr().out


@pytest.mark.slow
def test_a_sweep_from_before_goes_on(undrawn, trainer_here, tmp_path, capfd):
    """Its jobs name the objective that was the default."""
    small = ("model=mlp", "data=xor", "epochs=1", "parallel.workers=1", "callbacks.curves=null", "seed=0,1")
    assert trainer_here("sweep", *small, "hydra.sweep.dir=few") == 0
    for file in tmp_path.glob("few/*/.hydra/config.yaml"):
        assert "objective: auto" in file.read_text()
        file.write_text(file.read_text().replace("objective: auto", "objective: best_val_accuracy"))
    assert trainer_here("resume", "few") == 0
    assert "2 jobs: 2 completed" in capfd.readouterr().out
