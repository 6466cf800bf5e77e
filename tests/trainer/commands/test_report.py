"""`trainer report`: pages of runs and sweeps, written or served."""

import os
import threading
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.helpers.runs import TINY, make_run, write_checkpoint
from tests.trainer.sweep.test_report import directory as directory
from trainer.commands import report, show
from trainer.datasets import DataError
from trainer.pages import server
from trainer.runs import checkpoint

METRICS = "epoch,train_loss,val_loss,val_accuracy\n1,0.5,0.6,0.7\n"


@pytest.fixture
def run(tmp_path):
    make_run(tmp_path / "run", "data=digits", *TINY)
    (tmp_path / "run" / "metrics.csv").write_text(METRICS)
    return tmp_path / "run"


def test_pages_of_several_runs_are_written_and_opened(run, capsys, monkeypatch):
    opened = []
    monkeypatch.setattr(server, "show", opened.append)
    assert report.main([str(run), str(run), "--open"]) == 0
    assert capsys.readouterr().out == f"{run}/report.html\n" * 2
    assert opened == [(run / "report.html").as_uri()] * 2
    assert '<section id="confusion">' in (run / "report.html").read_text()


def test_a_page_of_a_sweep_leads_to_those_of_its_runs(directory):
    link = '<a href="02_lr%3D0.01%2Cseed%3D0/report.html"'
    assert report.main([str(directory)]) == 0
    assert link not in (directory / "report.html").read_text()
    assert report.main([str(directory), str(directory / "02_lr=0.01,seed=0")]) == 0
    assert link in (directory / "report.html").read_text()


FOREIGN = "trust another package with trainer report RUN --allow own"


@pytest.mark.parametrize("reason", [FOREIGN, "digits.npz: no such file; set data.root", "the run has no checkpoint"])
def test_a_page_with_predictions_is_kept_where_a_new_one_would_have_none(run, monkeypatch, capsys, reason):
    def moved(*_):
        raise DataError(reason)

    page, saved = run / "report.html", run / "checkpoints/best.safetensors"
    assert report.main([str(run)]) == 0
    before = page.read_text()
    if reason == FOREIGN:
        found = checkpoint.read(saved)
        found.metadata["config"]["data"]["_target_"] = "own.Data"
        write_checkpoint(saved, found.metadata["config"], dict(found.parameters))
    elif "npz" in reason:
        monkeypatch.setattr("trainer.pages.report.facts.predict", moved)
    else:
        saved.unlink()
    capsys.readouterr()
    assert report.main([str(run)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: {page}: is kept, since a new page would lack its predictions (")
    assert told.endswith(f"{reason}); delete it to have one without them\n")
    assert page.read_text() == before
    page.unlink()
    assert report.main([str(run)]) == report.main([str(run)]) == 0


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nothing"], "nothing: is neither a run nor a sweep; give the directory of one"),
        (["--live", "run", "run"], "--live serves one page; give one run or sweep"),
    ],
)
def test_mistakes_are_one_line(run, monkeypatch, capsys, arguments, line):
    monkeypatch.chdir(run.parent)
    assert report.main(arguments) == 2
    assert capsys.readouterr().err == f"error: {line}\n"


def test_a_port_that_is_taken_is_one_line(run, capsys):
    with server.server({}) as other:
        port = str(other.server_address[1])
        assert report.main([str(run), "--live", "--port", port]) == 2
    assert capsys.readouterr().err == f"error: --port {port}: Address already in use; choose another, or leave it out\n"


@pytest.mark.parametrize("verb", [report, show])
def test_a_number_that_is_no_port_is_one_line(run, capsys, verb):
    with pytest.raises(SystemExit, match="2"):
        verb.main([str(run), "--live", "--port", "80000"])
    assert "error: argument --port: 80000 is not the number of a port: 1, ..., 65535; see" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize(("verb", "name"), [(report, "report.html"), (show, "show.html")])
def test_a_link_in_a_strangers_run_is_replaced(run, tmp_path, capsys, verb, name):
    (tmp_path / "mine").write_text("mine")
    (run / name).symlink_to(tmp_path / "mine")
    assert verb.main([str(run)]) == 0
    assert (tmp_path / "mine").read_text() == "mine"
    assert not (run / name).is_symlink()


@pytest.mark.parametrize(
    ("verb", "name", "remedy"),
    [
        (report, "report.html", "--live shows it without a file"),
        (show, "show.html", "name a file elsewhere with --to FILE"),
    ],
)
def test_a_page_that_cannot_be_written_is_one_line(run, monkeypatch, capsys, verb, name, remedy):
    def full(self, *arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert verb.main([str(run)]) == 1
    assert capsys.readouterr().err == f"error: {run / name}: No space left on device; {remedy}\n"


def test_a_served_page_is_new_and_tells_when_there_is_more(run):
    served = server.server(report.routes(run, lambda: report._html(run, (), live=True)))
    thread = threading.Thread(target=served.serve_forever, args=(0.01,))
    thread.start()

    def ask(path: str) -> str:
        connection = HTTPConnection(*served.server_address, timeout=10)
        connection.request("GET", path)
        return connection.getresponse().read().decode()

    try:
        before = ask("/version")
        assert ask("/version") == before
        assert '"live":true' in ask("/")
        (run / "metrics.csv").write_text(METRICS + "2,0.4,0.5,0.8\n")
        assert ask("/version") != before
        assert '"epoch":2' in ask("/")
    finally:
        served.shutdown()
        served.server_close()
        thread.join()
