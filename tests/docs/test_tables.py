"""The walk of docs/tables.md, from a look at a table to a graph for other programs."""

import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

from trainer import load
from trainer.runs.records import read_result

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "tables.md").read_text(encoding="utf-8")
QUICK = ("parallel.workers=1", "callbacks.curves=null", "callbacks.report=null")


@pytest.mark.slow
def test_the_walk(trainer_here, tmp_path, capfd):
    for package in ("polars", "onnxruntime"):
        pytest.importorskip(package)
    shutil.copytree(DOCS / "examples", tmp_path / "docs" / "examples")
    commands = [shlex.split(line)[1:] for line in re.findall(r"^    (trainer .*)$", PAGE, re.MULTILINE)]
    in_python, in_others = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    said = ""
    for command in commands:
        options = QUICK if command[0].startswith("experiment") else ()
        assert trainer_here(*command, *options) == 0, command
        said += capfd.readouterr().out
    look, *_ = re.findall(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert look in said
    (run,) = (tmp_path / "outputs").glob("table_mlp-table/*")
    test = read_result(run / "result.json")["test"]
    assert test["r2"] > 0.89  # linear regression: 0.877
    names: dict = {}
    exec(in_python + in_others, names)
    np.testing.assert_array_equal(names["prices"], load(run).predict(tmp_path / "docs/examples/diamonds_new.csv"))
    assert names["price"][0, 0] == pytest.approx(names["prices"][0, 0], rel=0.05)  # the first of them, rounded
    assert "predicted_price" in (tmp_path / "predicted.csv").read_text(encoding="utf-8")
