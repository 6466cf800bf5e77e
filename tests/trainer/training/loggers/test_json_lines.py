"""Lines of JSON."""

import json

import pytest


@pytest.mark.slow
def test_a_run_that_was_resumed(tracked):
    directory = tracked(_target_="trainer.loggers.JsonLines")
    lines = [json.loads(line) for line in (directory / "log.jsonl").read_text().splitlines()]
    events = [line["event"] for line in lines]
    figures = [line for line in lines if line["event"] == "figures"]
    assert [line["epoch"] for line in figures if "loss/train" in line["figures"]] == [1, 2]
    assert {"gradient_rms/fc1", "dead/act1"} <= figures[0]["figures"].keys()
    assert events.count("settings") == 2
    assert lines[-1] == {"event": "end", "status": "completed"}
    assert lines[0]["settings"]["optimizer.lr"] == 0.003
    assert {"event": "picture", "name": "curves", "path": str(directory / "plots/curves.png")} in lines
