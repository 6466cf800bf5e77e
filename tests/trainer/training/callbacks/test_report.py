"""report.html: when it is written."""

import re

import pytest

from tests.helpers.training import small_config, train
from trainer.training.callbacks import Report


@pytest.fixture
def clock(monkeypatch):
    """A clock set by hand."""
    now = [0.0]
    monkeypatch.setattr("trainer.training.callbacks.report.monotonic", lambda: now[0])
    return now


def test_rewritten_at_most_every_few_seconds_and_at_the_end(watch, clock):
    watched = watch(Report(seconds=5), epochs=4)
    path = watched.run.directory / "report.html"
    watched.start()
    watched.epoch()
    assert not path.exists()

    clock[0] = 6
    watched.epoch()
    first = path.read_text()
    assert '"seconds":5}' in first

    clock[0] = 8
    watched.epoch()
    assert path.read_text() == first

    watched.end()
    assert '<span class="pill completed">' in path.read_text()


def test_at_the_end_of_a_run_it_holds_the_predictions_and_the_result(tmp_path):
    result = train(small_config("epochs=1"), tmp_path / "run", Report())
    page = (tmp_path / "run" / "report.html").read_text()
    assert f"{result['test']['accuracy']:.4f}" in page
    assert re.search(r'<section id="confusion">.*360 examples of the test', page, re.DOTALL)


def test_jobs_of_a_sweep_write_none_until_they_are_asked_to(watch, tmp_path):
    (tmp_path / "multirun.yaml").touch()
    for jobs in (False, True):
        watched = watch(Report(jobs=jobs))
        watched.run.directory = tmp_path / "00_job"
        watched.run.directory.mkdir(exist_ok=True)
        watched.start()
        watched.end()
        assert (watched.run.directory / "report.html").exists() == jobs


def test_where_it_cannot_be_written_a_line_says_so(watch, caplog):
    watched = watch(Report())
    (watched.run.directory / "report.html").mkdir()
    watched.start()
    watched.end()
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith(f"warning: not written: {watched.run.directory}/report.html: ")


def test_options_out_of_range_are_named():
    with pytest.raises(ValueError, match="seconds: -1"):
        Report(seconds=-1)
