from inspect import cleandoc
from textwrap import dedent

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.datasets import DataError, Draw, Examples, Field, Source, Subset
from trainer.datasets import source as module


def documented():
    """The class in the docstring of Source."""
    names = {"Source": Source, "Field": Field}
    exec(dedent(cleandoc(Source.__doc__).partition("\n\n")[2].partition("\nThe field")[0]), names)
    return names["Squares"]


Squares = documented()


def rows(source, indices, name="input", draw=None):
    field = source.fields[name]
    out = {name: np.empty((len(indices), *field.shape), field.dtype)}
    source.read(np.asarray(indices), out, draw)
    return out[name]


def test_the_class_of_the_docstring():
    np.testing.assert_allclose(rows(Squares(), np.array([10, 500]), "target")[:, 0], [1e-4, 0.25])


@given(picked=st.lists(st.integers(0, 19), min_size=1), again=st.lists(st.integers(0, 999)))
def test_a_subset_of_a_subset(picked, again):
    again = [number % len(picked) for number in again]
    base = Examples(np.arange(20, dtype=np.float32)[:, None], np.arange(20))
    subset = Subset(Subset(base, np.array(picked)), np.array(again, np.int64))
    assert subset.source is base
    assert len(subset) == len(again)
    np.testing.assert_array_equal(subset.targets, np.array(picked)[again])
    np.testing.assert_array_equal(rows(subset, np.arange(len(again)))[:, 0], subset.targets)


def test_a_subset_copies_nothing():
    inputs = np.zeros((1000, 100))
    subset = Subset(Examples(inputs, np.arange(1000)), np.arange(900))
    assert np.shares_memory(subset.source.arrays["input"], inputs)


def test_the_draw_is_handed_on():
    class Drawing(Squares):
        def read(self, indices, out, draw):
            out["input"][:, 0] = draw.indices

    draw = Draw(0, 0, np.array([5, 6]))
    assert rows(Subset(Drawing(), np.arange(100)), [1, 2], draw=draw)[:, 0].tolist() == [5, 6]


def test_one_field_of_all_examples(monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 300)
    assert [len(chunk) for chunk in Squares().chunks("target")] == [300, 300, 300, 100]
    np.testing.assert_array_equal(Squares().targets, rows(Squares(), np.arange(1000), "target"))
    assert Subset(Squares(), np.arange(0)).inputs.shape == (0, 1)


@pytest.mark.parametrize(
    ("dtype", "integer"), [("uint8", False), ("float16", False), ("int64", True), ("uint16", True), ("bool", True)]
)
def test_what_reaches_the_network_as_integers(dtype, integer):
    assert Field((3,), dtype).is_integer == integer


@pytest.mark.parametrize("values", [np.array(["a", "b"]), np.array([None, 1]), np.array(5)])
def test_examples_are_numbers(values):
    with pytest.raises(DataError, match=r"^input: an array .*; give numbers"):
        Examples(values, np.arange(2))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["u1", "<f4", ">f4", "<i8"])
def test_examples_read_any_layout(dtype, order):
    values = np.arange(24).reshape(6, 2, 2).astype(dtype, order=order)
    examples = Examples({"x1": values, "x2": values[::-1]}, np.arange(6))
    assert [*examples.fields] == ["x1", "x2", "target"]
    assert examples.fields["x1"].dtype == np.dtype(dtype).newbyteorder("=")
    np.testing.assert_array_equal(rows(examples, [4, 0], "x1"), values[[4, 0]])
    np.testing.assert_array_equal(rows(examples, [4, 0], "x2"), values[[1, 5]])
