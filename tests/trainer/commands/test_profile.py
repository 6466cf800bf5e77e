"""`trainer profile`: a row for each node, under the names that the configuration gives its layers."""

import pytest

from tests.helpers.runs import composed
from trainer.commands import profile as command

OPTIONS = ("model=lenet5", "data=digits", "limit.train=64", "batch_size=32")


@pytest.fixture
def rows(monkeypatch, tmp_path):
    """rows(*overrides): the lines of the table."""
    monkeypatch.setattr(command, "WARM_UP", 1)
    monkeypatch.setattr(command, "STEPS", 2)

    def run(*overrides):
        command.profile(composed(*OPTIONS, *overrides), tmp_path)
        return (tmp_path / "profile.txt").read_text(encoding="utf-8").splitlines()

    return run


def first_cells(lines):
    return [line.split("  ")[0] for line in lines]


def test_a_fused_node_is_named_by_its_layers(rows):
    lines = rows()
    cells = first_cells(lines)
    assert {"batch", "conv1 + norm1 + act1 + pool1", "head", "loss", "update", "step"} <= set(cells)
    (row,) = [line for line in lines if line.startswith("conv1")]
    assert row.split("  ")[1].strip() == "fused"
    assert float(row.split()[-1]) > 0  # GFLOP/s, from the multiply-accumulates of the convolution
    assert lines[-1] == "fused: several layers computed as one node (models/fused.py); fuse=false times each by itself"


def test_without_fusion_each_layer_has_a_row(rows):
    lines = rows("fuse=false")
    assert {"conv1", "norm1", "act1", "pool1"} <= set(first_cells(lines))
    assert "fused" not in "\n".join(lines)
