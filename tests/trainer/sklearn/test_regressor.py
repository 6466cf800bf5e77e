"""The scikit-learn regressor: values in the user's units, one or several."""

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.datasets import make_friedman1

from trainer.sklearn import NetworkRegressor

OVERRIDES = ("epochs=30", "batch_size=16", "optimizer.lr=0.001")


@pytest.fixture(scope="module")
def friedman():
    X, y = make_friedman1(700, noise=0.5, random_state=0)
    return [(X[part], y[part] * 10 + 1000) for part in (slice(500), slice(500, None))]


def test_learns_values(friedman):
    (X, y), (X_test, y_test) = friedman
    regressor = NetworkRegressor(OVERRIDES).fit(X, y)
    assert regressor.score(X_test, y_test) > 0.85
    assert regressor.predict(X_test).shape == (200,)
    copy = pickle.loads(pickle.dumps(regressor))  # our own, made a line above
    np.testing.assert_array_equal(copy.predict(X_test), regressor.predict(X_test))


def test_values_in_any_unit(friedman):
    X, y = friedman[0]
    small, large = (NetworkRegressor(("epochs=2",)).fit(X, y * unit + unit).predict(X) for unit in (1, 1e12))
    np.testing.assert_allclose(large, small * 1e12, rtol=1e-3)


def test_several_values(friedman):
    X, y = friedman[0]
    targets = np.stack([y, X[:, 0] * 1000, np.full(len(y), 7.0)], axis=1)
    regressor = NetworkRegressor(OVERRIDES).fit(X, targets)
    predicted = regressor.predict(X)
    assert predicted.shape == targets.shape
    np.testing.assert_allclose(predicted[:, 2], 7, atol=1)  # it never changes
    assert np.corrcoef(predicted[:, 1], targets[:, 1])[0, 1] > 0.95
    with pytest.raises(ValueError, match="y has 2 values an example, but had 3 before"):
        regressor.partial_fit(X, targets[:, :2])


def test_curve_and_epochs(friedman):
    regressor = NetworkRegressor(("epochs=3",)).fit(*friedman[0])
    assert regressor.n_iter_ == len(regressor.loss_curve_) == 3
    assert regressor.loss_curve_ == [row["train_loss"] for row in regressor.history_]
