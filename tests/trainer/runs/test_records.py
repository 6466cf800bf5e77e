"""Records of run directories are read within bounds; see also test_damage.py."""

import json
import tracemalloc

import pytest

from tests.helpers.damage import BOMB
from trainer.runs.records import RecordError, read_json, read_layers, read_metrics, read_result, read_text, read_yaml


def test_what_a_result_tells(tmp_path):
    path = tmp_path / "result.json"
    result = {"status": "completed", "epochs": 3, "seconds": 2, "best": {"epoch": 2, "val_loss": 0.5}, "test": None}
    result |= {"baseline": {"name": "always 'cat'", "loss": 2.3, "accuracy": None}, "versions": {"python": "3"}}
    result["machine"] = {"processor": "PDP-11"}
    path.write_text(json.dumps(result | {"started_from": {}}))
    assert read_result(path) == result
    assert isinstance(read_result(path)["best"]["epoch"], int)


@pytest.mark.parametrize(
    ("change", "problem"),
    [({"status": "done"}, "status: "), ({"status": 1}, "status: "), ({"epochs": "3"}, "epochs: 'three'"),
     ({"seconds": float("inf")}, "seconds: it is not finite"), ({"best": {"val_loss": "low"}}, "best.val_loss: "),
     ({"test": [1]}, "test: "), ({"error": 5}, "error: ")],
)  # fmt: skip
def test_an_unfit_result(change, problem, tmp_path):
    path = tmp_path / "result.json"
    path.write_text(json.dumps({"status": "completed"} | change).replace('"3"', '"three"'))
    with pytest.raises(RecordError) as caught:
        read_result(path)
    assert str(caught.value).startswith(f"{path}: is damaged: {problem}")


def test_figures_that_nothing_could_show_are_left_out(tmp_path):
    (tmp_path / "result.json").write_text('{"status": "completed", "best": {"val_loss": 1e308, "val_accuracy": 0.5}}')
    assert read_result(tmp_path / "result.json")["best"] == {"val_loss": None, "val_accuracy": 0.5}
    (tmp_path / "metrics.csv").write_text("epoch,val_loss\n1,1e308\n2,nan\nx,1\n3,0.5,9\n")
    first, second, third = read_metrics(tmp_path / "metrics.csv")
    assert (first, third) == ({"epoch": 1.0}, {"epoch": 3.0, "val_loss": 0.5})
    assert second["epoch"] == 2.0


def test_a_bomb_takes_no_memory(tmp_path):
    (tmp_path / "a.yaml").write_text(BOMB)
    tracemalloc.start()
    try:
        with pytest.raises(RecordError, match="references"):
            read_yaml(tmp_path / "a.yaml")
        assert tracemalloc.get_traced_memory()[1] < 1 << 22
    finally:
        tracemalloc.stop()


def test_a_missing_file_is_no_damage(tmp_path):
    for read in (read_text, read_json, read_yaml, read_result, read_metrics):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "none")


def test_plain_yaml(tmp_path):
    (tmp_path / "a.yaml").write_text("- a=1\n- {b: [1, 2.5, null, true]}\n")
    assert read_yaml(tmp_path / "a.yaml") == ["a=1", {"b": [1, 2.5, None, True]}]


@pytest.mark.parametrize("kind", ["kind", "type"])  # today's, and that of earlier versions
def test_rows_of_layers(tmp_path, kind):
    rows = (
        *("0,fc1,Linear,0.5,", '1,"a\nb",Linear,nan,0.25', "x,fc1,Linear,1,1", "1,,Linear,1,1", "2,fc1"),
        "2,fc1,ReLU,1e200,1,1,1",
    )
    path = tmp_path / "layers.csv"
    path.write_text("\n".join([f"epoch,layer,{kind},gradient,dead", *rows]))
    assert read_layers(path) == [
        {"epoch": 0, "layer": "fc1", "kind": "Linear", "gradient": 0.5, "dead": None},
        {"epoch": 1, "layer": "a\nb", "kind": "Linear", "gradient": None, "dead": 0.25},
        {"epoch": 2, "layer": "fc1", "kind": "", "gradient": None, "dead": None},
        {"epoch": 2, "layer": "fc1", "kind": "ReLU", "gradient": None, "dead": 1.0},
    ]
