"""A starter folder, whose files all run as they stand."""

import logging
import os
import runpy
import shlex
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from tests.helpers.notebook import pieces_of, run_pieces
from trainer.commands.main import main
from trainer.commands.new import FIRST, STARTER

OWN = ("--config-dir", "my_configs", "allow=[my_package]", "experiment=spirals")


@pytest.fixture
def starter(tmp_path, monkeypatch):
    """The folder, with everything that runs in this process set back afterwards."""
    monkeypatch.chdir(tmp_path)
    assert main(["new", "mine"]) == 0
    monkeypatch.chdir(tmp_path / "mine")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "argv", ["trainer"])
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield tmp_path / "mine"
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_package"]:
        del sys.modules[name]


def files(folder):
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}


def test_everything_is_there(starter):
    assert files(starter) == files(STARTER)


def test_the_layer_passes_its_test(starter):
    sys.path.append(str(starter))
    runpy.run_path(str(starter / "test_layers.py"))["test_swish"]()


def test_the_layer_is_tested(starter, monkeypatch):
    sys.path.append(str(starter))
    module = runpy.run_path(str(starter / "test_layers.py"))
    forward = module["Swish"].forward
    monkeypatch.setattr(module["Swish"], "forward", lambda self, ctx, x: forward(self, ctx, x) * 1.01)
    with pytest.raises(AssertionError):
        module["test_swish"]()


@pytest.mark.slow
def test_commands(starter, capsys):
    assert main([*OWN, "epochs=1", "parallel.workers=1", "callbacks.report=null"]) == 0
    assert main(["summary", *OWN]) == 0
    assert main(["gradcheck", *OWN]) == 0
    assert main(["evaluate", "last", "--allow", "my_package"]) == 0
    text = capsys.readouterr().out
    for part in ("  1/1  ", "Swish", "PASS: all 9 gradients", "on spirals, test: 1,500 examples"):
        assert part in text


@pytest.mark.slow
def test_the_notebook(starter, capsys):
    sys.path.append(str(starter))
    names = {}
    run_pieces(pieces_of(starter / "spirals.ipynb"), "spirals.ipynb", names)
    plt.close("all")
    assert names["run"].figures["test"]["accuracy"] > 0.95
    assert names["net"].graph.parameters.keys() == names["small"].network.graph.parameters.keys()
    assert "act1   Swish" in capsys.readouterr().out


def test_the_readme_names_every_file():
    text = (STARTER / "README.md").read_text(encoding="utf-8")
    for file in files(STARTER) - {Path("README.md"), Path("my_package/__init__.py")}:
        assert f"`{file.as_posix()}`" in text


def test_the_readme_has_the_commands():
    text = (STARTER / "README.md").read_text(encoding="utf-8")
    assert FIRST in text
    for line in text.partition("```console\n")[2].partition("```")[0].splitlines():
        assert shlex.split(line)[0] == "trainer"
        assert "my_package" in line


def test_nothing_is_overwritten(tmp_path, capsys):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/README.md").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name in ("full", "file"):
        assert main(["new", str(tmp_path / name)]) == 2
        line = f"error: {tmp_path / name}: exists already, and nothing is overwritten; name a new folder\n"
        assert capsys.readouterr().err == line
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["README.md"]
    assert (tmp_path / "full/README.md").read_text() == "mine"


def test_a_full_disk_is_one_line(tmp_path, monkeypatch, capsys):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert main(["new", str(tmp_path / "mine")]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"error: {tmp_path / 'mine'}{os.sep}")
    remedy = f"name a folder elsewhere, or remove what there is of {tmp_path / 'mine'} and try again"
    assert error.endswith(f"No space left on device; {remedy}\n")
    assert error.count("\n") == 1
