"""`task=graph`."""

import pytest

from tests.helpers.process import run

pytestmark = pytest.mark.process


def test_command(tmp_path):
    process = run("task=graph", "model=resnet8", "hydra.run.dir=mine", cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    assert "mine/plots/graph.png" in process.stdout
    assert (tmp_path / "mine/plots/graph.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "mine/plots/maps.svg").read_bytes().startswith(b"<?xml")
    text = (tmp_path / "mine/plots/graph.dot").read_text(encoding="utf-8")
    assert text.startswith("digraph")
    assert "block2.add" in text
