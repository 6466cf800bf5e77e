"""`task=graph`."""

import pytest


@pytest.mark.slow
def test_command(trainer_here, tmp_path, capfd):
    assert trainer_here("task=graph", "model=resnet8", "hydra.run.dir=mine") == 0
    assert "mine/plots/graph.png" in capfd.readouterr().out
    assert (tmp_path / "mine/plots/graph.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "mine/plots/maps.svg").read_bytes().startswith(b"<?xml")
    text = (tmp_path / "mine/plots/graph.dot").read_text(encoding="utf-8")
    assert text.startswith("digraph")
    assert "block2.add" in text
