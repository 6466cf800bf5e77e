"""What both estimators do alike: scikit-learn's own checks, training piece by piece, other kinds of X."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.utils.estimator_checks import parametrize_with_checks

from trainer.sklearn import NetworkClassifier, NetworkRegressor

# In single precision a product of matrices rounds otherwise when the batch is otherwise, by less than 1e-6. In batches
# of some examples only, an example of weight 2 is not the same as two examples, which are shuffled apart.
EXACT = ("precision=float64", "batch_size=10000", "validation=0.0", "epochs=30", "optimizer.lr=0.05")


@pytest.mark.slow
@parametrize_with_checks([kind(EXACT) for kind in (NetworkClassifier, NetworkRegressor)])
def test_scikit_learns_checks(estimator, check):
    """All of them; none is expected to fail."""
    check(estimator)


@pytest.fixture(scope="module")
def moons():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 6))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


def test_one_pass_at_a_time_is_training_at_a_constant_rate(moons):
    """Five passes are five epochs of a run without validation, to the bit: the optimizer's state continues, too."""
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


WHOLE = ("validation=0.0", "epochs=5", "batch_size=1000", "precision=float64")


@pytest.mark.parametrize("kind", ["dense", "sparse", pytest.param("frame", marks=pytest.mark.slow)])
def test_a_weight_counts_as_so_many_examples(moons, kind):
    """Where a batch is the whole; those of weight 0 as if they were not there, whatever the batches."""
    X, y = moons
    weights = np.arange(len(y)) % 3
    repeated = np.repeat(np.arange(len(y)), weights)
    if kind == "sparse":
        X = pytest.importorskip("scipy.sparse").csr_array(np.where(abs(X) > 0.5, X, 0))
    if kind == "frame":  # whose numbers are standardised without weights
        X = pytest.importorskip("polars").DataFrame({"colour": np.where(X[:, 0] > 0, "red", "blue")})
    one, other = NetworkClassifier(WHOLE).fit(X, y, weights), NetworkClassifier(WHOLE).fit(X[repeated], y[repeated])
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), atol=1e-9)
    scaled = NetworkClassifier(WHOLE).fit(X, y, weights * 7.0)
    np.testing.assert_allclose(scaled.predict_proba(X), one.predict_proba(X), atol=1e-9)


def test_weights_of_values(moons):
    X, _ = moons
    y = np.stack([X[:, 0] * 10 + 5, X[:, 1]], axis=1)
    weights = np.arange(len(y)) % 3
    repeated = np.repeat(np.arange(len(y)), weights)
    one, other = NetworkRegressor(WHOLE).fit(X, y, weights), NetworkRegressor(WHOLE).fit(X[repeated], y[repeated])
    np.testing.assert_allclose(one.predict(X), other.predict(X), atol=1e-9)
    np.testing.assert_allclose(one.target_mean_, y[repeated].mean(axis=0))
    pieces = [NetworkRegressor((*WHOLE, "optimizer=sgd", "optimizer.lr=0.01")) for _ in range(3)]
    for piece, scale in zip(pieces, (1.0, 1.0, 2.0), strict=True):  # where the scale is that of the step
        piece.partial_fit(X, y, sample_weight=weights * scale)
    np.testing.assert_array_equal(pieces[0].predict(X), pieces[1].predict(X))
    assert (pieces[0].predict(X) != pieces[2].predict(X)).any()


@pytest.mark.parametrize("several", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_weights_of_classes_are_those_of_their_examples(moons, several):
    X, y = moons
    classes = {0: 1.0, 1: 4.0}
    weights = np.where(y, 4.0, 1.0)
    if several:
        y = np.stack([y, X[:, 2] > 0], axis=1).astype(int)
        classes = [classes, {0: 1.0, 1: 1.0}]
    one = NetworkClassifier(WHOLE, class_weight=classes).fit(X, y)
    np.testing.assert_array_equal(one.predict_proba(X), NetworkClassifier(WHOLE).fit(X, y, weights).predict_proba(X))
    both = NetworkClassifier(WHOLE, class_weight=classes).fit(X, y, weights)
    squared = NetworkClassifier(WHOLE).fit(X, y, weights**2)
    np.testing.assert_array_equal(both.predict_proba(X), squared.predict_proba(X))


def test_balanced_classes(moons):
    X, y = moons
    y = (X[:, 0] > 1.2).astype(int)
    recall = {}
    for weight in (None, "balanced"):
        classifier = NetworkClassifier(("epochs=5", "optimizer.lr=0.001"), class_weight=weight).fit(X, y)
        recall[weight] = classifier.predict(X)[y == 1].mean()
    assert recall["balanced"] > recall[None]
    with pytest.raises(ValueError, match="class_weight='balanced' needs all examples, not a part; give the weight of"):
        NetworkClassifier(class_weight="balanced").partial_fit(X, y)


def test_weights_that_are_none(moons):
    X, y = moons
    for weights, message in ((-np.ones(300), "Negative values"), (np.full(300, np.nan), "NaN"), (np.ones(5), "shape")):
        with pytest.raises(ValueError, match=message):
            NetworkClassifier(WHOLE).fit(X, y, weights)
    with pytest.raises(ValueError, match=r"zero|all weights are 0"):
        NetworkClassifier(WHOLE).fit(X, y, np.zeros(300))


def test_a_share_for_validation_stops_early(moons):
    X, y = moons
    overrides = ("epochs=60", "optimizer.lr=0.02", "validation=0.2", "callbacks.early_stopping.patience=3")
    classifier = NetworkClassifier(overrides).fit(X, y, np.ones(300))
    assert classifier.n_iter_ < 60
    losses = [row["val_loss"] for row in classifier.history_]
    assert int(np.argmin(losses)) == len(losses) - 4
    assert len(classifier.loss_curve_) == classifier.n_iter_


@pytest.mark.parametrize(
    "format", ["csr_matrix", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("csc_array", "coo_array"))]
)
def test_sparse_matrices(moons, format):
    sparse = pytest.importorskip("scipy.sparse")
    X = np.where(abs(moons[0]) > 0.5, moons[0], 0)
    y = (X[:, 0] + X[:, 1] > 0).astype(int)
    classifier = NetworkClassifier(("epochs=20", "optimizer.lr=0.02")).fit(getattr(sparse, format)(X), y)
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
