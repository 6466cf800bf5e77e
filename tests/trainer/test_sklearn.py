"""The scikit-learn classifier, by scikit-learn's own checks and on real digits."""

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from trainer import datasets
from trainer.ground.values import ConfigError
from trainer.sklearn import NetworkClassifier

BATCHES = "a product of matrices in single precision rounds otherwise when the batch is otherwise: by less than 1e-6"
EXPECTED_FAILURES = {
    "check_methods_sample_order_invariance": BATCHES,
    "check_methods_subset_invariance": BATCHES,
}


@pytest.mark.slow
@parametrize_with_checks(
    [NetworkClassifier(("epochs=10", "batch_size=16"))], expected_failed_checks=lambda estimator: EXPECTED_FAILURES
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def digits():
    train, test = datasets.Digits().read()
    names = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])
    return [
        (examples.inputs.reshape(len(examples), -1).astype(float), names[examples.targets])
        for examples in (train, test)
    ]


def test_learns_digits(digits):
    (X, y), (X_test, y_test) = digits
    classifier = NetworkClassifier(("epochs=10",), random_state=1).fit(X, y)
    assert set(classifier.classes_) == set(y)
    assert classifier.score(X_test, y_test) > 0.94
    assert len(classifier.history_) == 10
    np.testing.assert_allclose(classifier.predict_proba(X_test).sum(axis=1), 1, rtol=1e-5)
    copy = pickle.loads(pickle.dumps(classifier))  # our own, made a line above
    np.testing.assert_array_equal(copy.predict_proba(X_test), classifier.predict_proba(X_test))


def test_images(digits):
    (X, y), (X_test, _) = digits
    overrides = ("model=resnet8", "epochs=1")
    classifier = NetworkClassifier(overrides, input_shape=(1, 8, 8)).fit(X[:400], y[:400])
    assert classifier.mean_.shape == (1, 1, 1)
    assert classifier.predict(X_test[:5]).shape == (5,)


def test_same_seed_same_weights(digits):
    X, y = digits[0]
    first, second, other = (
        NetworkClassifier(("epochs=1",), random_state=seed).fit(X[:200], y[:200]).predict_proba(X[:50])
        for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()


@pytest.mark.slow
def test_in_pipelines_and_searches(digits):
    X, y = (array[:300] for array in digits[0])
    pipeline = make_pipeline(MinMaxScaler(), NetworkClassifier())
    grid = {"networkclassifier__overrides": [("epochs=1",), ("epochs=30",)]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    assert search.best_params_["networkclassifier__overrides"] == ("epochs=30",)
    assert cross_val_score(search.best_estimator_, X, y, cv=2).mean() > 0.75


def test_wrong_overrides(digits):
    X, y = digits[0]
    with pytest.raises(ConfigError, match="is not an integer"):
        NetworkClassifier(("epochs=ten",)).fit(X, y)
