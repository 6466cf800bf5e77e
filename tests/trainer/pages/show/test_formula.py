"""Formulas as trees."""

import math

import pytest

from trainer.models.autograd.formula import Formula
from trainer.pages.show.formula import tree


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x * sigmoid(beta * x)", ["*", "x", ["sigmoid", ["*", "beta", "x"]]]),
        ("-x + +beta ** 2", ["+", ["neg", "x"], ["**", "beta", 2.0]]),
        ("where(x > 0, x, beta / pi)", ["where", [">", "x", 0.0], "x", ["/", "beta", math.pi]]),
    ],
)
def test_trees(text, expected):
    assert tree(Formula(text, ("x", "beta"))) == expected
