"""What both estimators do alike: scikit-learn's own checks, training piece by piece, other kinds of X."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.utils.estimator_checks import parametrize_with_checks

from trainer.sklearn import NetworkClassifier, NetworkRegressor

BATCHES = "a product of matrices in single precision rounds otherwise when the batch is otherwise: by less than 1e-6"
EXPECTED_FAILURES = {
    "check_methods_sample_order_invariance": BATCHES,
    "check_methods_subset_invariance": BATCHES,
}


@pytest.mark.slow
@parametrize_with_checks(
    [kind(("epochs=10", "batch_size=16")) for kind in (NetworkClassifier, NetworkRegressor)],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES,
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def moons():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 6))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


def test_one_pass_at_a_time_is_training_at_a_constant_rate(moons):
    """Five passes are five epochs of a run without validation, to the bit: the optimizer's state goes on, too."""
    X, y = moons
    overrides = ("schedule=constant", "validation=0.0", "batch_size=32")
    whole = NetworkClassifier((*overrides, "epochs=5")).fit(X, y)
    parts = NetworkClassifier(overrides)
    for _ in range(5):
        parts.partial_fit(X, y)
    np.testing.assert_array_equal(parts.network_.parameters.data, whole.network_.parameters.data)
    np.testing.assert_allclose(parts.loss_curve_, whole.loss_curve_)


def test_random_numbers_of_layers_go_on(moons):
    X, y = moons
    overrides = ("model=table_mlp", "schedule=constant", "validation=0.0")
    whole = NetworkClassifier((*overrides, "epochs=3")).fit(X, y)
    parts = NetworkClassifier(overrides)
    for _ in range(3):
        parts.partial_fit(X, y)
    np.testing.assert_array_equal(parts.network_.parameters.data, whole.network_.parameters.data)
    np.testing.assert_array_equal(parts.network_.parameters.kept, whole.network_.parameters.kept)


def test_a_pass_after_a_fit_goes_on_from_its_weights(moons):
    X, y = moons
    classifier = NetworkClassifier(("epochs=20",)).fit(X, y)
    before, epochs = classifier.score(X, y), classifier.n_iter_
    classifier.partial_fit(X, y)
    assert classifier.n_iter_ == epochs + 1
    assert classifier.score(X, y) > before - 0.1
    classifier.fit(X, y)
    assert classifier.n_iter_ == epochs


@pytest.mark.parametrize("format", ["csr_matrix", "csc_array", "coo_array"])
def test_sparse_matrices(moons, format):
    sparse = pytest.importorskip("scipy.sparse")
    X = np.where(abs(moons[0]) > 0.5, moons[0], 0)
    y = (X[:, 0] + X[:, 1] > 0).astype(int)
    classifier = NetworkClassifier(("epochs=60",)).fit(getattr(sparse, format)(X), y)
    np.testing.assert_array_equal(classifier.mean_, 0)
    np.testing.assert_allclose(classifier.predict_proba(sparse.csr_matrix(X)), classifier.predict_proba(X), atol=1e-6)
    assert classifier.score(X, y) > 0.9


def table(rng, count):
    polars = pytest.importorskip("polars")
    cities, colours = rng.integers(30, size=count), rng.integers(3, size=count)
    frame = polars.DataFrame(
        {
            "city": [f"city {number}" for number in cities],
            "colour": np.array(["red", "green", "blue"])[colours],
            "size": rng.normal(size=count),
        }
    )
    return frame, (cities % 2) * 10.0 + colours + frame["size"].to_numpy()


def test_a_frame_with_categories():
    rng = np.random.default_rng(0)
    (X, y), (X_test, y_test) = table(rng, 600), table(rng, 200)
    regressor = NetworkRegressor(("epochs=20",)).fit(X, y)
    assert list(regressor.feature_names_in_) == ["city", "colour", "size"]
    assert "vectors" in regressor.network_.config["model"]["layers"]
    assert regressor.score(X_test, y_test) > 0.9
    import polars

    unseen = X_test.with_columns(polars.lit("nowhere").alias("city"))
    assert np.isfinite(regressor.predict(unseen)).all()
    with pytest.raises(ValueError, match="feature names"):
        regressor.predict(X_test.rename({"size": "weight"}))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        regressor.fit(X, y[:10])
