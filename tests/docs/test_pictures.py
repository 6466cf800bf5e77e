"""The walk of docs/pictures.md: photographs in a folder, to a graph that another program runs."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from trainer import load
from trainer.commands.export import main as export
from trainer.commands.predict import main as predict
from trainer.runs.records import read_result

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "pictures.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_walk(trainer_here, tmp_path, capfd):
    pytest.importorskip("onnxruntime")
    shutil.copytree(DOCS / "examples", tmp_path / "docs" / "examples")
    options = ("data.root=docs/examples/textures", "data.size=[28,28]", "data.test=0.2", "epochs=12")
    quick = ("parallel.workers=1", "callbacks.curves=null", "callbacks.report=null", "hydra.run.dir=run")
    assert trainer_here("model=lenet5", "data=images", *options, *quick) == 0
    told = capfd.readouterr().out
    assert "pictures of 52x55 to 83x84 (median of the shorter sides: 62), all grey, become 28x28 (crop), grey" in told
    assert read_result(tmp_path / "run" / "result.json")["test"]["accuracy"] > 0.8

    assert predict(["run", "docs/examples/textures/grass/01.jpg"]) == 0
    found = capfd.readouterr().out.splitlines()[1].split()[1]
    assert export(["run", "--to", "textures.onnx", "--preprocessing"]) == 0
    capfd.readouterr()
    ours, program = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
    exec(ours.replace('"last"', '"run"'), {})
    assert capfd.readouterr().out.strip() == found
    values: dict = {}
    exec(program, values)
    assert capfd.readouterr().out.strip() == found
    shares = np.exp(values["logits"] - values["logits"].max())
    np.testing.assert_allclose(load("run").predict(values["pixels"]), shares / shares.sum(), atol=1e-5)
