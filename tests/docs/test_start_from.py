"""The walk of docs/start_from.md: a run, and another one that begins with its weights and has another head."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from trainer.runs import checkpoint
from trainer.runs.records import read_result

PAGE = (Path(__file__).parents[2] / "docs" / "start_from.md").read_text(encoding="utf-8")
QUICK = ("parallel.workers=1", "callbacks.curves=null", "callbacks.report=null")


@pytest.mark.slow
def test_the_walk(trainer_here, tmp_path, capfd):
    (program,) = re.findall(r"^`parity.py`:\n\n```python\n(.*?)^```$", PAGE, re.M | re.S)
    first, _, second = (shlex.split(line) for line in re.findall(r"^    ((?:trainer|python) .*)$", PAGE, re.M))
    assert trainer_here(*first[1:], *QUICK) == 0
    exec(program, {})
    capfd.readouterr()
    assert trainer_here(*second[1:], *QUICK) == 0
    (said,) = re.findall(r"^```text\n.*?\n(.*?)^```$", PAGE, re.M | re.S)
    assert said in capfd.readouterr().out
    files = (tmp_path / run / "checkpoints/best.safetensors" for run in ("digits", "parity"))
    before, after = (checkpoint.read(file).parameters for file in files)
    same = {name for name in after if np.array_equal(after[name], before[name])}
    assert same == {name for name in after if not name.startswith("head")}
    assert read_result(tmp_path / "parity" / "result.json")["test"]["accuracy"] > 0.8
