"""Formulas in terms of ONNX operators, run by another program."""

import pytest

from tests.helpers.exports import check, network
from trainer import models

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

FORMULAS = [
    "x * sigmoid(a * x) + c",
    "where(x > 0, x, -x / (1 + x ** 2)) * pi",
    "softmax(x) - log_softmax(x) + (x <= 0.5) * e",
    "sum(x) + mean(x) * max(x) - min(x) + maximum(x, 0.1) * minimum(x, +0.2)",
    "exp(x) + log(abs(x) + 1) + sqrt(abs(x)) + sin(x) + cos(x) + tanh(x) + softplus(x) + relu(x)",
]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("shape", [(3, 4, 5), (6,)])
def test_formulas(formula, shape, tmp_path):
    layer = models.Expression(
        formula,
        {"a": 0.5} if "a *" in formula else {},
        {"c": 0.5} if formula.endswith("+ c") else {},
    )
    check(network(layer, shape), tmp_path)
