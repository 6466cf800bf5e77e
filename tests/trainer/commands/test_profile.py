"""`trainer profile`: a row for each node, under the names that the configuration gives its layers."""

import pytest

from tests.helpers.runs import composed
from tests.helpers.training import LAYERS, small_config
from trainer.commands import profile as module
from trainer.commands.profile import Stopwatch, profile

OPTIONS = ("model=lenet5", "data=digits", "limit.train=64", "batch_size=32")


class Counter:
    def __init__(self):
        self.calls = 0

    def count(self, step, fail=False):
        self.calls += step
        if fail:
            raise KeyError
        return self.calls


def test_a_stopwatch_times_every_call_and_changes_none(monkeypatch):
    clock = iter([0.0, 1.0, 5.0, 8.0, 10.0, 12.0])
    monkeypatch.setattr(module, "perf_counter", lambda: next(clock))
    watch, watched, other = Stopwatch(), Counter(), Counter()
    watch.watch(watched, "count", "counting")
    assert watched.count(2) == 2
    assert other.count(1) == 1  # another object is not timed
    assert watched.count(step=3) == 5
    with pytest.raises(KeyError):
        watched.count(1, fail=True)
    assert watch.times["counting"] == [1.0, 3.0, 2.0]
    assert watch.seconds("counting") == 2.0
    assert watch.seconds("nothing") == 0.0


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
