"""`trainer show`."""

import json
import os
import re

import pytest

from tests.helpers.runs import TINY, make_run
from trainer.commands.show import beside, main, routes


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("show") / "run", *TINY)


def test_command(run, tmp_path, capsys):
    assert main([str(run)]) == 0
    assert re.fullmatch(rf"{run}/show.html: 0\.\d\d MB, everything inside\n", capsys.readouterr().out)
    assert main([str(run), "--to", str(tmp_path / "mine.html")]) == 0
    assert (tmp_path / "mine.html").read_bytes() == (run / "show.html").read_bytes()


def test_a_checkpoint_on_its_own(tmp_path):
    assert beside(tmp_path / "kept.safetensors") == tmp_path / "kept.html"
    assert beside(tmp_path / "checkpoints" / "best.safetensors") == tmp_path / "show.html"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--to", "page.pdf"], "--to page.pdf: is not a page; end its name in .html"),
        (["--live", "--to", "page.html"], "--live writes no file; leave out --to"),
    ],
)
def test_mistakes(run, arguments, problem, capsys):
    assert main([str(run), *arguments]) == 2
    assert capsys.readouterr().err == f"error: {problem}\n"


def test_newer_weights_are_seen(run):
    checkpoint = run / "checkpoints" / "best.safetensors"
    answers = routes(checkpoint)
    kind, html = answers["/"](b"")
    first = json.loads(answers["/version"](b"")[1])["version"]
    assert kind.startswith("text/html")
    assert f'"live":"{first}"'.encode() in html
    os.utime(checkpoint, (1, 1))
    assert json.loads(answers["/version"](b"")[1])["version"] != first
    found = json.loads(answers["/weights"](b"")[1])
    assert {*found} == {"weights", "about"}
