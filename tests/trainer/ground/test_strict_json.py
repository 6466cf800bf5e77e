"""What is not a number in JSON is null."""

import json

import numpy as np

from trainer.ground import strict_json


def test_what_is_not_finite_is_null():
    value = {"a": float("nan"), "b": [1.5, float("-inf"), {"c": np.float32("inf")}], "d": (np.int64(3), "x", True)}
    text = strict_json.dumps(value)
    assert json.loads(text) == {"a": None, "b": [1.5, None, {"c": None}], "d": [3, "x", True]}
    assert "NaN" not in text
    assert "Infinity" not in text
    assert "\n" in strict_json.dumps(value, indent=1)
