"""The layer table."""

from trainer.models import Add, GraphBuilder, Linear, build


def test_table():
    builder = GraphBuilder({"image": (1, 28, 28), "extra": (16,)})
    builder.add("fc1", Linear(100), ["image"])
    builder.add("fc2", Linear(100, bias=False), ["extra"])
    builder.add("add", Add(), ["fc1", "fc2"])
    builder.add("head", Linear(10), ["add"])
    assert builder.finish().summary() == """\
name   type    output   parameters  multiply-accumulates
--------------------------------------------------------
image  Input   1x28x28
extra  Input   16
fc1    Linear  100          78,500                78,400
fc2    Linear  100           1,600                 1,600
add    Add     100
head   Linear  10            1,010                 1,000
--------------------------------------------------------
total                       81,110                81,000"""


def test_a_shared_parameter_counts_once():
    layers = {"fc1": Linear(4), "fc2": {"inputs": "fc1", "shared_with": "fc1"}}
    table = build(layers, (4,), make=lambda options, key: Linear(4)).summary()
    assert [line.split()[3:] for line in table.splitlines()[3:5]] == [["20", "16"], ["16"]]
    assert table.splitlines()[-1].split() == ["total", "20", "32"]
