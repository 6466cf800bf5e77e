"""What the verbs share."""

import json
import signal
import sys
from pathlib import Path

import pytest

from trainer.commands.command import Parser, execute, find_own_code, printable, table
from trainer.datasets import DataError
from trainer.ground import signals
from trainer.ground.errors import ConfigError
from trainer.runs.folder import RECORD


def with_run():
    parser = Parser("evaluate")
    parser.add_run()
    return parser


def test_a_wrong_argument_is_one_line_that_shows_the_way(capsys):
    lines = {
        "": "the following arguments are required: RUN; see trainer evaluate --help",
        "run --alow mine": "there is no option --alow; did you mean '--allow'?",
        "run more --alow=mine": "there is no option --alow; did you mean '--allow'?",
        "run --zip": "unrecognized arguments: --zip; see trainer evaluate --help",
    }
    for arguments, line in lines.items():
        with pytest.raises(SystemExit, match="2"):
            execute(with_run(), lambda options: 0, arguments.split())
        assert capsys.readouterr().err == f"error: {line}\n"


def fail(options):
    raise DataError("train.gz: truncated")


def test_an_error_is_one_line(monkeypatch, capsys):
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    assert execute(Parser("doctor"), fail, []) == 1
    assert capsys.readouterr().err == "error: train.gz: truncated\n"


def test_a_mistake_of_the_program_is_raised():
    with pytest.raises(ZeroDivisionError):
        execute(Parser("doctor"), lambda options: 1 // 0, [])


def test_what_a_signal_broke_is_told_as_the_signal(capsys):
    """Interrupted, in the middle of a library's work, may come out as another exception."""

    def broken(options):
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            None.nothing  # noqa: B018

    with pytest.raises(signals.Interrupted), signals.handled():
        assert execute(Parser("doctor"), broken, []) == 143
    assert capsys.readouterr().err == "error: terminated\n"

    def full(options):
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            raise OSError(28, "No space left on device", "x")

    with pytest.raises(signals.Interrupted), signals.handled():
        assert execute(Parser("doctor"), full, []) == 1
    assert capsys.readouterr().err == "error: x: No space left on device\n"


def test_a_run_is_found_and_named(tmp_path, capsys):
    (tmp_path / RECORD).write_text("objective: best_val_loss\n")
    (tmp_path / "00").mkdir()
    (tmp_path / "00/result.json").write_text(json.dumps({"status": "completed", "best": {"val_loss": 1.0}}))
    seen = []
    for run in (tmp_path, tmp_path / "00"):
        assert execute(with_run(), lambda options: seen.append(options.run), [str(run)]) == 0
    assert seen == [tmp_path / "00"] * 2
    assert capsys.readouterr().err == f"{tmp_path} is {tmp_path / '00'}\n"


def test_a_mistake_in_a_run_stands_in_no_file_of_ours(tmp_path, capsys):
    def strange(_):
        raise ConfigError("is another's", "optimizer.lr")

    (tmp_path / "result.json").write_text("{}")
    assert execute(with_run(), strange, [str(tmp_path)]) == 2
    assert capsys.readouterr().err == "error: optimizer.lr: is another's\n"


def test_own_code_comes_last(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "path", ["elsewhere"])
    monkeypatch.chdir(tmp_path)
    find_own_code([Path("configs")])
    assert sys.path == ["elsewhere", str(tmp_path), "configs", "."]


def test_a_table_holds_no_commands_to_the_terminal():
    assert table([["name", "n"], ["a\x1b[2J", "10"]]) == "name       n\na\\x1b[2J  10"
    assert printable("a\nb") == "a\\nb"
