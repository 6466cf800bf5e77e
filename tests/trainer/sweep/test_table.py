"""The table of a sweep in progress."""

import json

import pytest

from trainer.sweep.jobs import Job
from trainer.sweep.table import State, begun, ended, in_words, planned_epochs, table

GOAL = "best_val_accuracy"


def state(number, status="completed", figure=0.5, **more):
    given = {"epochs": 3, "planned": 4, "seconds": 1.5} if status != "waiting" else {}
    values = {"model.layers.fc1.out_features": "32", "optimizer.lr": f"0.{number}"}
    return State(number, more.pop("values", values), status, figure=figure, **given | more)


def texts(states, columns=100, lines=24):
    return [text for text, _ in table(states, GOAL, columns, lines)]


def test_a_row_says_setting_status_epoch_figure_and_times():
    states = [state(0), state(1, figure=0.75, epochs=4), state(2, "running", left=30.0), state(3, "waiting", None)]
    assert texts(states) == [
        "job  out_features  lr   status     epoch  val accuracy       time     left",
        "0    32            0.0  completed    3/4        0.5000      1.5 s",
        "1    32            0.1  completed    4/4        0.7500 *    1.5 s",
        "2    32            0.2  running      3/4        0.5000      1.5 s   30.0 s",
        "3    32            0.3  waiting",
    ]
    looks = [look for _, look in table([*states, state(4, "failed", None)], GOAL, 100, 24)]
    assert looks == ["heading", "", "best", "", "", "error"]


def test_of_seeds_none_is_the_best():
    states = [state(seed, values={"seed": str(seed)}, figure=seed / 4) for seed in (1, 2)]
    assert not [text for text in texts(states) if "*" in text]


@pytest.mark.parametrize("columns", [10, 24, 40, 56, 60, 80, 120])
def test_it_fits_a_terminal_of_any_width(columns):
    values = {"optimizer": "sgd", "a.very.long_name": "x" * 200, "lr": "0.1\x1b"}
    found = texts([state(number, values=values) for number in range(3)], columns)
    assert max(map(len, found)) <= columns
    assert all(text.startswith(("job", "0 ", "1 ", "2 ")) for text in found)
    assert not [text for text in found if "\x1b" in text]
    if columns >= 56:
        assert "val accuracy" in found[0]


def test_where_not_all_fit_those_that_run_the_best_and_the_latest_are_shown():
    states = [state(number, figure=0.9 if number == 1 else 0.5) for number in range(5)]
    states += [state(5, "running"), state(6, "running"), *(state(number, "waiting", None) for number in (7, 8, 9))]
    found = texts(states, lines=7)
    assert [text.split()[0] for text in found[1:-1]] == ["1", "3", "4", "5", "6"]
    assert found[-1] == "5 more: 2 completed, 3 waiting"
    assert len(texts(states, lines=11)) == 11  # all of them


def test_how_far_a_job_is(tmp_path):
    job = Job(tmp_path / "03_lr=1", [], {"lr": "1"})
    job.prepare()
    assert ended(job, GOAL) is None
    (job.directory / "metrics.csv").write_text("epoch,val_accuracy,val_loss,seconds\n1,0.5,1.0,2.0\n2,0.4,0.5,4.0\n")
    running = begun(job, GOAL, 4)
    assert (running.status, running.epochs, running.figure, running.seconds, running.left) == ("running", 2, 0.5, 6, 6)
    assert running.share == 0.5
    assert begun(job, "final_val_loss", 4).figure == 0.5
    assert begun(job, GOAL, 4, interrupted=True).status == "interrupted"
    assert planned_epochs(job, 7) == 7
    (job.directory / ".hydra/config.yaml").write_text("epochs: 5\n")
    assert planned_epochs(job, 7) == 5
    best = {"val_accuracy": 0.5}
    for result, status in [
        ({"status": "completed", "reason": "pruned: it was worse"}, "pruned"),
        ({"status": "failed"}, "failed"),
    ]:
        (job.directory / "result.json").write_text(json.dumps(result | {"best": best, "epochs": 2}))
        assert ended(job, GOAL).status == status
        assert ended(job, GOAL).share == 1
    assert ended(job, GOAL).figure is None


def test_statuses_in_words():
    assert in_words(["running", "completed", "failed", "completed"]) == "2 completed, 1 failed, 1 running"
