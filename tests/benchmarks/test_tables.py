"""How results look."""

import json
from dataclasses import asdict

from benchmarks import tables
from benchmarks.convolution import Case
from benchmarks.convolution import report as convolution_report
from benchmarks.interleave import Samples
from benchmarks.scaling import resnet
from benchmarks.startup import report as startup_report
from benchmarks.time_to_accuracy import report as accuracy_report
from benchmarks.training import report as training_report


def cells(text: str) -> list[list[str]]:
    """The rows of a Markdown table, its rule left out."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [rows[0], *rows[2:]]


def test_table_aligns_names_left_and_figures_right():
    text = tables.table(("name", "ms"), [("a", 1.5), ("longer", 10)])
    assert text.splitlines() == ["| name   |  ms |", "| ------ | --: |", "| a      | 1.5 |", "| longer |  10 |"]


def test_number_shows_absence_as_a_dash():
    assert [tables.number(value) for value in (None, float("nan"), 1234.5)] == ["–", "–", "1,234.50"]


def test_save_writes_markdown_and_json_with_the_heading(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tables, "FOLDER", tmp_path / "outputs")
    tables.save("name", "Title", "text", {"value": 1}, {"kernel": "Zen", "SGEMM GFLOP/s": 98.5})
    document = "# Title\n\nkernel Zen, SGEMM GFLOP/s 98.5\n\ntext\n"
    assert (tmp_path / "outputs" / "name.md").read_text(encoding="utf-8") == document
    saved = json.loads((tmp_path / "outputs" / "name.json").read_text(encoding="utf-8"))
    assert saved == {"machine": {"kernel": "Zen", "SGEMM GFLOP/s": 98.5}, "value": 1}
    assert document in capsys.readouterr().out


def test_samples_prefer_those_that_nothing_disturbed():
    assert (Samples("a", [3.0, 1.0, 2.0], [9.0]).median, Samples("a", [3.0], [9.0]).count) == (2.0, "1")
    assert (Samples("a", [], [9.0, 7.0]).median, Samples("a", [], [9.0, 7.0]).count) == (8.0, "2 disturbed")


def test_ratios_are_those_of_neighbours():
    """On a machine that is three times as slow at first: half the time at every turn."""
    ours, theirs = Samples("a", [3.0, 1.0, 1.0]), Samples("b", [6.0, 2.0, 2.0], [99.0])
    assert ours.over(theirs) == 0.5
    assert ours.over(Samples("c", [], [6.0, 2.0])) == 0.5


def test_training_report_relates_to_eager_and_to_the_best():
    contestants = [
        {"label": "trainer", "seconds": [0.002], "memory": 2**20},
        {"label": "PyTorch", "seconds": [0.008], "memory": None},
        {"label": "PyTorch fused", "seconds": [0.004]},
    ]
    result = {"workload": {"name": "w"}, "flops": 4e6, "contestants": contestants}
    _, ours, eager, best = cells(training_report([result], peak=4e9, threads=2))
    assert ours == ["w", "trainer", "2.000", "0.25", "0.50", "2.0", "50 %", "1", "1"]
    assert eager[3:5] == ["1.00", "2.00"]
    assert best[3:5] == ["0.50", "1.00"]


def test_startup_report():
    results = [Samples("trainer", [1.0], memory=2**20), Samples("PyTorch", [4.0], memory=4 * 2**20)]
    assert cells(startup_report(results))[1] == ["trainer", "1.00", "0.25", "1", "0.25", "1"]


def test_convolution_report_compares_like_with_like():
    case = asdict(Case("c", 1, 1, 3, 16, 3, padding=1, times=100))
    seconds = {"trainer": 1e-5, "PyTorch": 2e-5, "trainer, with gradients": 3e-5, "PyTorch, with gradients": 1e-4}
    contestants = [{"label": label, "seconds": [value]} for label, value in seconds.items()]
    rows = cells(convolution_report([{"case": case, "contestants": contestants}]))[1:]
    assert [row[2:4] for row in rows] == [["1.000", "0.50"], ["2.000", "1.00"], ["3.000", "0.30"], ["10.000", "1.00"]]


def test_accuracy_report_takes_medians_and_shows_who_never_arrives():
    def curve(*points: tuple[float, float]) -> list[dict[str, float]]:
        return [{"seconds": seconds, "accuracy": accuracy} for seconds, accuracy in points]

    runs = [
        {"trainer": curve((1, 0.8), (2, 0.9)), "PyTorch": curve((3, 0.9), (6, 0.91)), "slow": curve((9, 0.1))},
        {"trainer": curve((1, 0.9), (2, 0.9)), "PyTorch": curve((5, 0.9), (6, 0.91)), "slow": curve((9, 0.1))},
    ]
    rows = cells(accuracy_report(runs, target=0.9))[1:]
    assert rows[0] == ["trainer", "1.5", "0.38", "2", "1.00", "0.9000"]
    assert rows[1][1:3] == ["4.0", "1.00"]
    assert rows[2][1:4] == ["–", "–", "–"]


def test_depth_of_a_residual_network():
    times = {"stage1": 3, "stage2": 2, "stage3": 2}
    assert resnet(20) == ("model=resnet20", *(f"model.layers.{stage}.times={n}" for stage, n in times.items()))
