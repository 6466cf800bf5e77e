"""`trainer profile`: a row for each node, under the names that the configuration gives its layers."""

import pytest

from tests.helpers.runs import composed
from tests.helpers.training import LAYERS, small_config
from trainer.commands import profile as module
from trainer.commands.profile import profile

OPTIONS = ("model=lenet5", "data=digits", "limit.train=64", "batch_size=32")


def test_the_table_has_every_part_of_a_step(tmp_path):
    profile(small_config("fuse=false", "limit.train=600"), tmp_path)
    rows = [line.split() for line in (tmp_path / "profile.txt").read_text().splitlines()]
    assert [row[0] for row in rows] == ["node", "batch", *LAYERS, "loss", "update", "step"]
    shares = [float(cell.rstrip("%")) for row in rows[1:-1] for cell in row if cell.endswith("%")]
    assert len(shares) == len(rows) - 2
    assert 50 < sum(shares) < 110
    assert rows[-1][1:5] == ["median", "of", "30,", "batch"]
    assert "300," in rows[-1]


def test_a_batch_is_no_larger_than_the_examples(tmp_path):
    profile(small_config("limit.train=50"), tmp_path)
    assert "batch 50," in (tmp_path / "profile.txt").read_text()


@pytest.fixture
def rows(monkeypatch, tmp_path):
    """rows(*overrides): the lines of the table."""
    monkeypatch.setattr(module, "WARM_UP", 1)
    monkeypatch.setattr(module, "STEPS", 2)

    def run(*overrides):
        profile(composed(*OPTIONS, *overrides), tmp_path)
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
