"""The page's formulas give the numbers beside them, and the numbers are those of the engine."""

import math
import re
from html import unescape

import numpy as np
import pytest

from tests.helpers import tables
from tests.helpers.runs import composed, make_run
from trainer.engine.setup import Setup
from trainer.pages.explain.document import explain_page
from trainer.pages.explain.passes import follow
from trainer.runs.network import load

FORMULA = re.compile(r'<p class="formula">(.*?) = <span>(.*?)</span> = <b>(.*?)</b></p>')
FUNCTIONS = {"max": max, "exp": math.exp, "log": math.log, "tanh": math.tanh, "sqrt": math.sqrt, "__builtins__": {}}
FULL = ("model=shallow_cnn", "data=random_regression", "loss=half_squared_error", "precision=float64")
LAYERS = {
    "norm": {"_target_": "models.BatchNorm"},
    "conv": {"_target_": "models.Conv2d", "out_channels": 2, "kernel_size": 3, "padding": 1,
             "stride": 2, "dilation": 2},
    "leaky": {"_target_": "models.LeakyReLU"},
    "average": {"_target_": "models.AvgPool2d", "kernel_size": 2, "padding": 1, "count_include_pad": False},
    "tanh": {"_target_": "models.Tanh"},
    "left": {"_target_": "models.ELU", "inputs": ["tanh"]},
    "right": {"_target_": "models.Softplus", "inputs": ["tanh"]},
    "sum": {"_target_": "models.Add", "inputs": ["left", "right"]},
    "product": {"_target_": "models.Multiply", "inputs": ["sum", "left"]},
    "silu": {"_target_": "models.SiLU"},
    "gelu": {"_target_": "models.GELU"},
    "global": {"_target_": "models.GlobalAvgPool"},
    "softmax": {"_target_": "models.Softmax"},
    "relu": {"_target_": "models.ReLU"},
    "fc": {"_target_": "models.Linear", "out_features": 1},
    "sigmoid": {"_target_": "models.Sigmoid"},
}  # fmt: skip


def recomputed(html: str) -> list[tuple[str, float, float]]:
    """What stands on the page: left-hand side, the value of the right-hand side, and the value that is printed."""
    found = []
    for left, right, value in FORMULA.findall(html):
        text = re.sub(r"\[\d+ others\]", "", unescape(right))
        text = text.replace("−", "-").replace("·", "*").replace("²", "**2")
        found.append((unescape(left), eval(text, FUNCTIONS), float(value.replace("−", "-"))))
    return found


def page_of(tmp_path, *overrides, **values):
    config = composed(*overrides) | values
    network = load(make_run(tmp_path / "run", config=config))
    source = Setup(network.config).splits().train
    return network, source, explain_page(network, source, 0, "A title")


def test_an_input_without_values(tmp_path):
    pytest.importorskip("polars")
    rows = [{"place": row["place"], "dear": row["dear"]} for row in tables.houses(100)]
    file = tables.write(tmp_path / "places.csv", rows)
    *_, html = page_of(tmp_path, *tables.TABLE, f"data.file={file}", "data.target=dear")
    assert all(math.isclose(there, told, rel_tol=1e-3, abs_tol=1e-5) for _, there, told in recomputed(html))


def test_every_number_of_the_shallow_cnn_is_there_and_is_right(tmp_path):
    network, source, html = page_of(tmp_path, *FULL)
    seen = follow(network, source, 0)
    found = recomputed(html)
    for left, computed, printed in found:
        assert computed == pytest.approx(printed, rel=1e-4, abs=3e-5), left  # six digits of terms that cancel
    values = {left: printed for left, _, printed in found}
    for node in seen.nodes:
        for unit in np.ndindex(node.output_shape):
            assert values[f"{node.name}{list(unit)}"] == pytest.approx(seen.values[node.name][unit], rel=1e-5)
    for name, slope in seen.slopes.items():
        for unit in np.ndindex(slope.shape):
            assert values[f"∂L/∂{name}{list(unit)}"] == pytest.approx(slope[unit], rel=1e-5, abs=1e-9)
    for unit in np.ndindex(seen.values["input"].shape):
        assert f"∂L/∂input{list(unit)}" in values
    assert values["L"] == pytest.approx(seen.loss, rel=1e-5)


def test_every_layer_that_is_spelt_out(tmp_path):
    overrides = ("data=random_regression", "precision=float64")
    _, _, html = page_of(tmp_path, *overrides, "model=shallow_cnn", model={"layers": LAYERS})
    found = recomputed(html)
    for left, computed, printed in found:
        assert computed == pytest.approx(printed, rel=2e-4, abs=1e-6), left
    named = {re.split(r"[\[.]", left)[0] for left, _, _ in found}
    assert {*LAYERS} - named == set(), "each has a formula for its output"
    backwards = {"norm", "conv", "leaky", "average", "softmax", "relu", "fc", "sigmoid", "global", "product"}
    assert {f"∂L/∂{name}" for name in backwards} - named == set()


def test_a_table_without_categories(tmp_path):
    pytest.importorskip("polars")
    (tmp_path / "t.csv").write_text("x,y\n" + "".join(f"{n * 0.37 % 5:.2f},{n * 0.7:.1f}\n" for n in range(40)))
    data = ("data=table", f"data.file={tmp_path / 't.csv'}", "data.target=y")
    _, _, html = page_of(tmp_path, *data, "model=table_mlp", "precision=float64")
    assert 'id="categories"' not in html
    assert "fc1" in {left.split("[")[0] for left, _, _ in recomputed(html)}


def test_a_larger_network_shows_the_largest_numbers(tmp_path):
    _, _, html = page_of(tmp_path, "model=lenet5", "data=digits")
    found = recomputed(html)
    for left, computed, printed in found:
        assert computed == pytest.approx(printed, rel=2e-3, abs=1e-5), left
    lefts = [left.split("[")[0] for left, _, _ in found]
    assert lefts.count("conv1") == 1
    assert {"∂L/∂conv1.weight", "∂L/∂head", "L"} <= {*lefts}
    assert "others]" in html
    assert len(html) < 500_000


def test_the_gradients_are_those_of_finite_differences(tmp_path):
    network, source, _ = page_of(tmp_path, *FULL)
    seen = follow(network, source, 0)
    weight = network.parameters["conv.weight"]
    for unit in ((0, 0, 0, 0), (0, 0, 1, 2)):
        losses = []
        for step in (1e-5, -2e-5):
            weight[unit] += step
            losses.append(follow(network, source, 0).loss)
        weight[unit] += 1e-5
        assert (losses[0] - losses[1]) / 2e-5 == pytest.approx(seen.slopes["conv.weight"][unit], rel=1e-5)


def test_names_cannot_break_out(tmp_path):
    hostile = {"<script>x": {"_target_": "models.Linear", "out_features": 1}}
    _, _, html = page_of(tmp_path, *FULL, model={"layers": hostile})
    assert "<script>x" not in html
