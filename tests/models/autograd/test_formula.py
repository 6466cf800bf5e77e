"""Formulas: what they give and what they refuse."""

import numpy as np
import pytest

from trainer.models.autograd import Variable
from trainer.models.autograd.formula import Formula
from trainer.models.autograd.variable import history

X = np.random.default_rng(0).uniform(0.5, 2, (3, 4))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", X),
        ("-x + +x * 2 - x / 4", X - X / 4),
        ("x ** 2 + 2 ** x", X**2 + 2**X),
        ("pi * e * x", np.pi * np.e * X),
        ("where(x > 1, x, 1 / x)", np.maximum(X, 1 / X)),
        ("x * (x <= 1)", X * (X <= 1)),
        ("where(1 < x, 0, log(x))", np.where(X > 1, 0, np.log(X))),
        ("maximum(x, 1) - minimum(x, 1)", np.abs(X - 1)),
        ("x / sum(x)", X / X.sum(1, keepdims=True)),
        ("(x - mean(x)) / (max(x) - min(x))", (X - X.mean(1, keepdims=True)) / np.ptp(X, axis=1, keepdims=True)),
        ("log(softmax(x)) + 0 * log_softmax(x)", X - np.log(np.exp(X).sum(1, keepdims=True))),
        ("sqrt(abs(sin(x))) + cos(tanh(x))", np.sqrt(np.sin(X)) + np.cos(np.tanh(X))),
        ("sigmoid(x) + softplus(x) - exp(relu(x))", 1 / (1 + np.exp(-X)) + np.log1p(np.exp(X)) - np.exp(X)),
        ("\n  x\n  + 1  ", X + 1),
    ],
)
def test_values(text, expected):
    y = Formula(text.replace("\n", " "), ["x"])(x=Variable(X))
    np.testing.assert_allclose(y.data, expected, rtol=1e-12)


def test_single_precision_stays():
    formula = Formula("pi * x ** 0.5 / 3 + where(x > 1, 1, x) * where(1 < 2, 1, 2) + x * ((x > 1) / 2)", ["x"])
    x = Variable(X.astype(np.float32))
    y = formula(x=x)
    assert {y.dtype, *(v.dtype for f in history(y) for v in f.inputs if not v.weak)} == {x.dtype}


def test_an_infinite_value_is_no_mistake_in_the_text():
    with np.errstate(divide="ignore"):
        assert np.isinf(Formula("x * 1 / 0", ["x"])(x=Variable(X)).data).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("__import__('os').system('true')", "is not allowed in a formula"),
        ("__import__('os')", "no function '__import__'"),
        ("open('f')", "no function 'open'"),
        ("x.__class__", "'x.__class__' is not allowed in a formula"),
        ("x.data", "'x.data' is not allowed in a formula"),
        ("().__class__.__bases__[0]", "is not allowed in a formula"),
        ("x[0]", r"'x\[0\]' is not allowed in a formula"),
        ("(lambda: x)()", "is not allowed in a formula"),
        ("[y for y in x]", "is not allowed in a formula"),
        ("(y := x)", "is not allowed in a formula"),
        ("f'{x}'", "is not allowed in a formula"),
        ("x and x", "is not allowed in a formula"),
        ("x if x else x", "is not allowed in a formula"),
        ("x * 'a'", "is not allowed in a formula"),
        ("x * True", "is not allowed in a formula"),
        ("x * 2j", "is not allowed in a formula"),
        ("x ^ 2", r"'x \^ 2' is not allowed in a formula; write \*\* for powers"),
        ("tanh(*x)", "is not allowed in a formula"),
        ("sum(x, axis=0)", "is not allowed in a formula"),
        ("max(x, 0)", "max takes 1 argument, got 2"),
        ("where(x, x)", "where takes 3 arguments, got 2"),
        ("where(x, x, x)", "the condition must be of bools"),
        ("sigmod(x)", "no function 'sigmod'; did you mean 'sigmoid'?"),
        ("beta * x", "no name 'beta'"),
        ("1 + 2", "does not use 'x'"),
        ("x +", r"'x \+' is not an expression: invalid syntax"),
        ("x; x", "is not an expression"),
        ("import os", "is not an expression"),
        ("", "is not an expression"),
        ("x * (1 / 0)", "has no value: float division by zero"),
        ("x * 9**9**9**9", "has no value"),
        ("x * (-8) ** 0.5", "has no value: a Variable holds real numbers, got complex"),
        ("-" * 5000 + "x", "is nested too deeply"),
        ("(" * 5000 + "x" + ")" * 5000, "formula: "),
    ],
)
def test_refusals_are_one_line(text, message):
    with pytest.raises(ValueError, match=message) as caught:
        Formula(text, ["x"])
    assert str(caught.value).startswith("formula: ")
    assert "\n" not in str(caught.value)
