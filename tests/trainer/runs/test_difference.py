"""What differs between two runs, to the last bit."""

from pathlib import Path

import numpy as np

from trainer.runs import difference
from trainer.runs.catalog import Entry

ONE = {"fc1.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "fc1.bias": np.zeros(2, np.float32)}


def changed(**arrays: np.ndarray) -> dict[str, np.ndarray]:
    return {name: array.copy() for name, array in ONE.items()} | {k.replace("_", ".", 1): v for k, v in arrays.items()}


def test_equal():
    assert difference.first_difference(ONE, changed()) is None
    assert difference.digest(ONE) == difference.digest(dict(reversed(changed().items())))


def test_a_bit():
    weight = ONE["fc1.weight"].copy()
    weight[1, 0] = np.nextafter(weight[1, 0], np.float32(9))
    found = difference.first_difference(ONE, changed(fc1_weight=weight))
    assert found == difference.Difference(
        "fc1.weight", "[1, 0]: 3.0 against 3.0000002; 1 of 6 values differ, by 2.4e-07 at most", (1, 2)
    )
    assert difference.digest(ONE) != difference.digest(changed(fc1_weight=weight))


def test_the_sign_of_zero_is_a_bit_too():
    found = difference.first_difference(ONE, changed(fc1_bias=-ONE["fc1.bias"]))
    assert found
    assert found.what == "[0]: 0.0 against -0.0; 2 of 2 values differ, by 0 at most"


def test_other_networks():
    assert difference.first_difference(ONE, {}).what == "is only in the first"
    assert difference.first_difference({}, ONE).what == "is only in the second"
    found = difference.first_difference(ONE, changed(fc1_weight=np.zeros((2, 4))))
    assert found.what == "float32[2, 3] against float64[2, 4]"


def test_distance():
    slots = {"optimizer/momentum/fc1.weight": np.ones(1)}
    assert difference.distance(ONE, {name: 1.5 * array for name, array in ONE.items()} | slots) == 0.5
    assert difference.distance(ONE, {"fc1.weight": ONE["fc1.weight"]}) is None
    assert difference.distance(ONE, changed(fc1_weight=np.zeros((1, 6)))) is None


def test_rows():
    rows = [{"epoch": 1.0, "val_loss": 0.5, "seconds": 1.0}]
    assert difference.first_row(rows, [rows[0] | {"seconds": 2.0}]) is None
    assert difference.first_row(rows, [rows[0] | {"val_loss": 0.6}]) == "epoch 1: val_loss 0.5 against 0.6"
    assert difference.first_row(rows, rows * 2) == "1 epochs against 2"


def test_settings():
    runs = []
    first, second = {"lr": 0.1, "fuse": True, "a": None, "resume": None}, {"lr": 0.2, "fuse": True, "resume": "run"}
    for settings in (first, second):
        runs.append(Entry(Path(), {}))
        vars(runs[-1])["settings"] = settings
    assert difference.settings(runs) == [["lr", "0.1", "0.2"], ["a", "null", ""]]
