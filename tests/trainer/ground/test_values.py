"""Values against annotations."""

from pathlib import Path
from typing import Any, Literal

import pytest

from trainer.ground.values import ConfigError, check, flat, nearest


@pytest.mark.parametrize(
    ("value", "annotation", "expected"),
    [
        (3, int, 3),
        (3, float, 3.0),
        (float("inf"), float, float("inf")),
        (True, bool, True),
        ("a", str, "a"),
        (None, int | None, None),
        ([3, 5], int | tuple[int, int], (3, 5)),
        ([1, 2.5], tuple[float, ...], (1.0, 2.5)),
        ([1, 2], list[int], [1, 2]),
        ({"a": 1}, dict[str, float], {"a": 1.0}),
        ({"a": {"b": [1]}}, dict[str, Any], {"a": {"b": [1]}}),
        ("same", Literal["same", "valid"], "same"),
        ("a/b", Path, Path("a/b")),
        (object, "an annotation nobody knows", object),
    ],
)
def test_accepts(value, annotation, expected):
    result = check(value, annotation, "key")
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("value", "annotation", "message"),
    [
        ("ten", int, "'ten' is not an integer"),
        (1.5, int, "1.5 is not an integer"),
        (True, int, "true is not an integer"),
        (True, float, "true is not a number"),
        (float("nan"), float, "nan is not a number"),
        (1, bool, "1 is not true or false"),
        (None, str, "null is not a string"),
        ([1, 2, 3], int | tuple[int, int], "[1, 2, 3] is not an integer or a list of 2 integers"),
        ("ab", tuple[str, ...], "'ab' is not a list of strings"),
        ([], dict[str, int], "[] is not a mapping"),
        ("samee", Literal["same", "valid"], "'samee' is not one of 'same', 'valid'; did you mean 'same'?"),
        ("x", type("Initializer", (), {}), "'x' is not an Initializer"),
    ],
)
def test_rejects(value, annotation, message):
    with pytest.raises(ConfigError) as caught:
        check(value, annotation, "some.key")
    assert str(caught.value) == message
    assert caught.value.key == "some.key"


@pytest.mark.parametrize(
    ("word", "names", "expected"),
    [
        ("epocs", ["epochs", "seed"], "epochs"),
        ("prob", ["p", "seed"], "p"),
        ("feat", ["out_features", "features"], "features"),
        ("zzz", ["epochs", "seed"], None),
        ("anything", [], None),
    ],
)
def test_nearest_name(word, names, expected):
    assert nearest(word, names) == expected


def test_flat():
    assert flat({"a": {"b": {"c": 1}, "d": {}}, "e": [1]}) == {"a.b.c": 1, "a.d": {}, "e": [1]}
