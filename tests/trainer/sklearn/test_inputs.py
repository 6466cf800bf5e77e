"""How X becomes inputs: numbers standardised, sparse ones but for their mean, columns by their type."""

import datetime

import numpy as np
import pytest

pytest.importorskip("sklearn")

from scipy import sparse

from trainer.datasets.source import INPUT
from trainer.sklearn.inputs import Columns, Numbers, has_categories


def test_features_have_mean_0_and_deviation_1():
    X = np.random.default_rng(0).normal(5, 3, (214, 4))
    X[:, 3] = 0.1  # never changes; its deviation is 1e-17
    inputs = Numbers(X, None).source(X, np.zeros(214), "float64").inputs
    np.testing.assert_allclose(inputs.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(inputs.std(axis=0), [1, 1, 1, 0], atol=1e-12)


def test_channels_of_images():
    X = np.random.default_rng(0).normal(5, 3, (50, 12))
    numbers = Numbers(X, (3, 2, 2))
    assert numbers.mean.shape == numbers.scale.shape == (3, 1, 1)
    assert numbers.source(X, np.zeros(50), "float32").inputs.shape == (50, 3, 2, 2)
    with pytest.raises(ValueError, match=r"input_shape is for dense X; give X\.toarray\(\)"):
        Numbers(sparse.csr_array(X), (3, 2, 2))


def test_zeros_of_a_sparse_matrix_stay_zeros():
    X = sparse.random_array((60, 5), density=0.2, format="csr", rng=np.random.default_rng(0))
    numbers, dense = Numbers(X, None), X.toarray()
    inputs = numbers.source(X, np.zeros(60), "float64").inputs
    assert ((inputs == 0) == (dense == 0)).all()
    np.testing.assert_allclose(inputs.std(axis=0), 1, rtol=1e-9)
    np.testing.assert_allclose(numbers.source(dense, np.zeros(60), "float64").inputs, inputs)


CITIES = [f"city {number}" for number in range(25)]


def columns():
    number = np.arange(100.0)
    number[3] = np.nan
    days = [datetime.datetime(2024, 1, 1) + datetime.timedelta(days=day) for day in range(100)]
    cities = [CITIES[place % 25] for place in range(100)]
    return {"number": number, "level": ["low", "high"] * 50, "city": cities, "yes": [True, False] * 50, "day": days}


@pytest.fixture(params=["polars", "pandas"])
def frame(request):
    library = pytest.importorskip(request.param)
    made = library.DataFrame(columns())
    if request.param == "pandas":
        made["level"] = made["level"].astype("category")
    else:
        made = made.with_columns(library.col("level").cast(library.Categorical))
    return made


def test_columns_are_what_their_types_say(frame):
    pytest.importorskip("polars")
    learned = Columns(frame)
    assert [(each.column.name, each.column.kind) for each in learned.features.features] == [
        ("number", "number"),
        ("level", "category"),
        ("city", "category"),
        ("yes", "yes/no"),
        ("day", "date"),
    ]
    assert learned.levels == (26,)
    source = learned.source(frame, np.zeros(100), "float64")
    assert source.arrays[INPUT].shape == (100, *learned.shape)
    assert np.isfinite(source.arrays[INPUT]).all()
    np.testing.assert_array_equal(np.unique(source.arrays["categories"]), np.arange(1, 26))
    with pytest.raises(ValueError, match="the estimator was fitted on a DataFrame with categories"):
        learned.source(np.zeros((3, 5)), np.zeros(3), "float32")


def test_numbers_that_are_too_large_name_their_column(frame):
    learned = Columns(frame)
    given = columns() | {"number": np.full(100, np.inf)}
    with pytest.raises(ValueError, match="column number holds infinity, or a number beyond 1e\\+30; fix it"):
        learned.source(type(frame)(given), np.zeros(100), "float32")


def test_a_frame_of_numbers_is_an_array(frame):
    assert has_categories(frame)
    assert not has_categories(frame[["number"]])
    assert not has_categories(np.zeros((2, 2)))


def test_without_polars_the_remedy_is_named(frame, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "polars", None)
    with pytest.raises(ModuleNotFoundError, match=r"X has columns that are not numbers, which needs polars; .*polars"):
        Columns(frame)
