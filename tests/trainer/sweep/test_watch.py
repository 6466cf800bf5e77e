"""What the terminal shows while a sweep runs."""

import io
import json
import re
import sys

import pytest

from trainer.ground.console import quietly
from trainer.sweep.jobs import Job
from trainer.sweep.watch import Watch, outcome

GOAL = "best_val_accuracy"


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


class Screen(io.StringIO):
    """A terminal that understands what a block of lines needs: up, and wipe."""

    def isatty(self) -> bool:
        return True

    def text(self) -> str:
        lines = []
        for drawn in self.getvalue().split("\x1b[J"):
            up = re.match(r"\x1b\[(\d+)F", drawn)
            del lines[len(lines) - int(up[1] if up else 0) :]
            lines += re.sub(r"\x1b\[\d*[FK]|\r", "", drawn).splitlines()
        return "\n".join(lines)


@pytest.fixture
def screen(monkeypatch):
    """screen() puts a terminal in stdout's place; called in the test, as pytest sets stdout before it."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "10")
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)

    def replace():
        monkeypatch.setattr(sys, "stdout", Screen())
        return sys.stdout

    return replace


def test_a_terminal_has_a_table_that_is_drawn_again(tmp_path, screen):
    shown = screen()
    done, first, second = job(tmp_path, "00", status="completed"), job(tmp_path, "01_a"), job(tmp_path, "02_b")
    with Watch(3, 2) as watch:
        watch.add([done, first, second], GOAL)
        assert [line.split()[:2] for line in shown.text().splitlines()[:4]] == [
            ["job", "status"], ["0", "completed"], ["1", "waiting"], ["2", "waiting"]
        ]
        (first.directory / ".hydra/config.yaml").write_text("epochs: 4\n")
        (first.directory / "metrics.csv").write_text("epoch,val_accuracy,seconds\n1,0.5,2.0\n")
        (second.directory / "result.json").write_text('{"status": "failed", "error": "no"}')
        watch._look()
        lines = shown.text().splitlines()
        assert lines[2].split() == ["1", "running", "1/4", "0.5000", "2.0", "s", "6.0", "s"]
        assert lines[3].split() == ["2", "failed"]
        assert lines[4].startswith("2 of 3 jobs in ")
        assert lines[4].endswith(" left (1 completed, 1 failed, 1 running)")
        assert len(lines) == 5
    assert [line.split()[1] for line in shown.text().splitlines()] == ["status", "completed", "interrupted", "failed"]


@pytest.mark.parametrize("name", ["TERM", "JPY_PARENT_PID"])
def test_where_the_cursor_cannot_be_moved_there_are_lines(tmp_path, screen, monkeypatch, name):
    shown = screen()
    monkeypatch.setenv(name, "dumb")
    with Watch(1, 2) as watch:
        watch.add([job(tmp_path, "00", status="failed")], GOAL)
    assert shown.getvalue().strip() == "[1/1] 00  failed"


def test_a_terminal_that_goes_away_ends_nothing(tmp_path, screen):
    shown = screen()
    with Watch(2, 2) as watch:
        watch.add([job(tmp_path, "00", status="completed"), job(tmp_path, "01")], GOAL)
        shown.close()


def test_where_quiet_is_wanted_there_is_nothing(tmp_path, screen, capsys):
    for shown in (None, screen()):
        with quietly(), Watch(1, 2) as watch:
            watch.add([job(tmp_path, "00", status="failed")], GOAL)
        assert capsys.readouterr() == ("", "") if shown is None else shown.getvalue() == ""


def test_a_line_for_each_job_that_ends(tmp_path, capsys):
    done, first, second = job(tmp_path, "00", status="completed"), job(tmp_path, "01_a"), job(tmp_path, "02_b")
    with Watch(3, 2) as watch:
        watch.add([done, first, second], GOAL)
        assert capsys.readouterr().out == "1 of 3 jobs are done already\n"
        (second.directory / "result.json").write_text('{"status": "failed", "error": "no"}')
        watch._look()
        assert capsys.readouterr().out == "[2/3] 02_b  failed: no\n"
        (first.directory / "result.json").write_text('{"status": "completed"}')
    assert capsys.readouterr().out == "[3/3] 01_a  completed\n"  # by the last look
    watch.close()
    assert capsys.readouterr() == ("", "")
