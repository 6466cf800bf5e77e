"""What a run's directory says, whatever state it is in."""

import json

import pytest
from filelock import FileLock

from tests.helpers.damage import CONTENTS
from tests.helpers.runs import TINY, make_run, write_checkpoint
from trainer.pages.report.document import html
from trainer.pages.report.facts import read
from trainer.runs import checkpoint

METRICS = "epoch,train_loss,val_loss,val_accuracy,lr\n1,0.5,0.6,0.7,0.1\n2,0.4,,0.8,0.05\n"
RESULT = {
    "status": "completed",
    "seconds": 1.5,
    "best": {"epoch": 2, "val_accuracy": 0.8},
    "baseline": {"name": "always '3'", "accuracy": 0.1},
    "versions": {"numpy": "2.1"},
}
LAYERS = "epoch,layer,kind,gradient,dead\n1,fc1,Linear,0.5,\n2,fc1,Linear,nan,0.25\n"


@pytest.fixture
def run(tmp_path):
    make_run(tmp_path, "data=digits", *TINY)
    for name, text in {"metrics.csv": METRICS, "result.json": json.dumps(RESULT), "layers.csv": LAYERS}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_facts_of_a_run(run):
    facts = read(run)
    assert (facts.status, facts.kept, facts.epochs, facts.remarks) == ("completed", 2, [1, 2], [])
    assert facts.history["val_loss"] == [0.6, None]
    assert facts.result["baseline"] == {"name": "always '3'", "accuracy": 0.1}
    assert facts.config["data"]["_target_"] == "datasets.Digits"
    assert [row.kind for row in facts.table][:2] == ["Linear", "ReLU"]
    assert facts.table[0].parameters == 65 * 16
    assert facts.classes[:3] == ("0", "1", "2")
    assert [row["dead"] for row in facts.layers] == [None, 0.25]


def test_a_class_of_ones_own_is_a_remark_with_the_command_that_trusts_it(run):
    path = run / "checkpoints/best.safetensors"
    saved = checkpoint.read(path)
    saved.metadata["config"]["data"]["_target_"] = "own.Data"
    write_checkpoint(path, saved.metadata["config"], dict(saved.parameters))
    (remark,) = read(run).remarks
    assert remark.endswith("trust another package with trainer report RUN --allow own")


def test_a_run_without_result_runs_as_long_as_it_is_locked(run):
    (run / "result.json").unlink()
    assert read(run).status == "interrupted"
    with FileLock(run / ".lock"):
        facts = read(run)
        assert facts.is_running
        assert facts.predictions is None


def test_an_empty_directory_says_nothing(tmp_path):
    facts = read(tmp_path)
    assert (facts.status, facts.table, facts.epochs, facts.classes) == ("interrupted", [], [], ())
    assert facts.predictions is None


def test_a_configuration_that_nobody_checked_may_hold_anything(tmp_path):
    (tmp_path / ".hydra").mkdir()
    (tmp_path / ".hydra/config.yaml").write_text("{data: 5, epochs: [ten], seed: {a: b}, model: 7, 3: x}")
    facts = read(tmp_path)
    assert facts.config == {"model": 7, 3: "x"}
    assert "0 epochs" in html(facts)


@pytest.mark.parametrize("content", ["half", "no UTF-8", "deep list", "references", "list"])
@pytest.mark.parametrize("name", ["result.json", "metrics.csv", "layers.csv", ".hydra/hydra.yaml"])
def test_a_damaged_file_is_a_remark(run, name, content):
    (run / ".hydra").mkdir()
    (run / name).write_bytes(CONTENTS[content])
    facts = read(run)
    assert all(len(line.splitlines()) == 1 for line in facts.remarks)
    assert facts.table
