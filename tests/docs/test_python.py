"""The code of docs/python.md and the notebooks in examples/ run as they stand."""

import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tests.helpers.notebook import pieces_of, run_pieces
from trainer.engine.processes import processes

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs pieces of code, one after the other, as the program or notebook that they are part of, on one core."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(processes, "cores", lambda: 1)
    main = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)

    def execute(pieces: list[str], place: str, **given: object) -> dict:
        vars(main).update(given)
        run_pieces(pieces, place, vars(main))
        return vars(main)

    return execute


@pytest.mark.slow
def test_page(run):
    text = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    pieces = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(pieces) >= 5
    images = np.zeros((3, 8, 8), np.uint8)
    after = run(pieces, "docs/python.md", images=images)
    assert after["run"].figures["status"] == "completed"


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook(notebook, run, capsys):
    after = run(pieces_of(notebook), notebook.name)
    assert after["run"].figures["status"] == after["own"].figures["status"] == "completed"
    assert "did you mean 'lr'?" in capsys.readouterr().out


def test_there_is_a_notebook():
    assert NOTEBOOKS
