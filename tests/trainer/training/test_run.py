"""What callbacks see of a run."""

from pathlib import Path

from trainer.training.run import Run


def made():
    return Run(Path("run"), {}, epochs=3, steps_per_epoch=5)


def test_the_first_reason_to_stop_counts():
    run = made()
    assert run.stopping is None
    run.stop("the loss no longer falls")
    run.stop("interrupted")
    assert run.stopping == "the loss no longer falls"


def test_runs_share_nothing():
    one, other = made(), made()
    one.history.append({"epoch": 1})
    one.progress.figures["loss"] = 0.5
    assert other.history == []
    assert other.progress.figures == {}
