"""What the terminal shows while a sweep runs."""

import json

import pytest

from trainer.sweep.jobs import Job
from trainer.sweep.watch import Watch, outcome


def job(directory, name, **result):
    made = Job(directory / name, [])
    made.prepare()
    if result:
        (made.directory / "result.json").write_text(json.dumps(result))
    return made


BEST = {"epoch": 2, "val_loss": 0.25, "val_accuracy": 0.9}


@pytest.mark.parametrize(
    ("result", "line"),
    [
        ({}, "waiting"),
        ({"status": "failed"}, "failed"),
        ({"status": "failed", "error": "the loss is nan"}, "failed: the loss is nan"),
        ({"status": "completed"}, "completed"),
        (
            {"status": "completed", "epochs": 3, "seconds": 1.25, "best": BEST},
            "validation accuracy 0.9000, validation loss 0.2500 at epoch 2 | epoch 3 | 1.2 s",
        ),
        (
            {"status": "completed", "epochs": 3, "seconds": 2, "best": BEST | {"val_accuracy": None}, "reason": "end"},
            "validation loss 0.2500 at epoch 2 | epoch 3 (end) | 2.0 s",
        ),
        (
            {"status": "completed", "epochs": 3, "seconds": 2, "best": None, "final": {"train_loss": 0.5}},
            "train loss 0.5000 | epoch 3 | 2.0 s",
        ),
    ],
)
def test_what_became_of_a_job(tmp_path, result, line):
    assert outcome(job(tmp_path, "00", **result)) == line


def test_a_line_for_each_job_that_ends(tmp_path, capsys):
    done, first, second = job(tmp_path, "00", status="completed"), job(tmp_path, "01_a"), job(tmp_path, "02_b")
    with Watch(3, epochs=2) as watch:
        watch.add([done, first, second])
        assert capsys.readouterr().out == "1 of 3 jobs are done already\n"
        (second.directory / "result.json").write_text('{"status": "failed", "error": "no"}')
        watch._look()
        assert capsys.readouterr().out == "[2/3] 02_b  failed: no\n"
        (first.directory / "result.json").write_text('{"status": "completed"}')
    assert capsys.readouterr().out == "[3/3] 01_a  completed\n"  # by the last look
    watch.close()
    assert capsys.readouterr() == ("", "")
