"""Lines of JSON."""

import json
from types import SimpleNamespace

import pytest

from trainer.training.loggers import JsonLines


def test_a_run_that_goes_on_forgets_what_it_will_write_again(tmp_path):
    run, logger = SimpleNamespace(directory=tmp_path, epoch=0), JsonLines()
    logger.begin(run, None, {})
    for figures, epoch in (({"loss/train": 2.0}, 1), ({"loss/train": 1.0}, 2), ({"loss/test": 1.0}, 2)):
        logger.figures(figures, epoch)
    run.epoch = 1
    logger.begin(run, None, {})
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line.get("figures") for line in lines] == [None, {"loss/train": 2.0}, None]
    run.epoch = 2
    logger.figures({"loss/train": 1.0}, 2)
    logger.figures({"loss/test": 1.0}, 2)  # killed before its end
    logger.begin(run, None, {})
    assert "test" not in (tmp_path / "log.jsonl").read_text()


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
