"""The scikit-learn classifier on real digits."""

import logging
import pickle
import sys
from dataclasses import dataclass

import numpy as np
import pytest

pytest.importorskip("sklearn")

from hydra import initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from threadpoolctl import threadpool_limits

from tests.helpers.runs import make_run
from tests.helpers.threads import at_once
from trainer import datasets
from trainer.ground.values import ConfigError
from trainer.runs import checkpoint
from trainer.sklearn import NetworkClassifier


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


def weights(classifier):
    parameters = classifier.network_.parameters
    return np.concatenate([parameters.data, parameters.kept])


def test_threads_that_predict_with_one(digits):
    X, y = digits[0]
    classifier, parts = NetworkClassifier(("epochs=1",)).fit(X, y), np.split(X[:1200], 8)
    expected = np.array([classifier.predict_proba(part) for part in parts])
    found = at_once(classifier.predict_proba, parts, times=5)
    np.testing.assert_allclose(found, np.repeat(expected[:, None], 5, axis=1), rtol=1e-5, atol=1e-7)


@pytest.mark.slow
def test_threads_that_fit(digits):
    X, y = (array[:200] for array in digits[0])

    def fitted(number):
        return weights(NetworkClassifier((f"epochs={1 + number % 3}",), random_state=number).fit(X, y))

    with threadpool_limits(2, "blas"):  # with which the bits would be others
        expected = [[fitted(number)] for number in range(6)]
        np.testing.assert_array_equal(at_once(fitted, range(6)), expected)


@pytest.mark.slow
def test_a_search_in_threads(digits):
    X, y = (array[:300] for array in digits[0])
    grid = {"overrides": [("epochs=1",), ("epochs=5", "optimizer.lr=0.01")]}

    def score(fitted, *_):
        return weights(fitted).astype(float).sum()

    def scores(**options):
        search = GridSearchCV(NetworkClassifier(), grid, scoring=score, **options)
        return search.fit(X, y).cv_results_["split0_test_score"]

    with threadpool_limits(2, "blas"), parallel_config("threading"):
        np.testing.assert_array_equal(scores(cv=3, n_jobs=2), scores(cv=3))


@dataclass
class Schema:
    theirs: int = 1


def test_whatever_the_host_program_is(digits, monkeypatch, tmp_path, caplog):
    X, y = (array[:100] for array in digits[0])
    expected = weights(NetworkClassifier(("epochs=1",)).fit(X, y))
    monkeypatch.setattr(sys, "argv", ["prog", "-ra", "--config-dir"])
    monkeypatch.setattr(ConfigStore.instance(), "repo", dict(ConfigStore.instance().repo))
    ConfigStore.instance().store(name="config", node=Schema)
    ConfigStore.instance().store(group="optimizer", name="adam", node=Schema)
    caplog.set_level(logging.INFO)
    with initialize_config_dir(str(tmp_path), version_base="1.3"):
        host = GlobalHydra.instance().hydra
        np.testing.assert_array_equal(weights(NetworkClassifier(("epochs=1",)).fit(X, y)), expected)
        with pytest.raises(ConfigError, match=r"^optimizer\.lr=-1: Adam: "):
            NetworkClassifier(("optimizer.lr=-1",)).fit(X, y)
        assert GlobalHydra.instance().hydra is host
    assert caplog.messages == []


@pytest.mark.parametrize("override", ["callbacks.early_stopping.patience=1", "++callbacks.early_stopping.patience=1"])
def test_early_stopping_keeps_the_best(digits, override):
    X, y = digits[0]
    classifier = NetworkClassifier((override, "epochs=60", "optimizer.lr=0.03", "schedule=constant")).fit(X, y)
    losses = [row["val_loss"] for row in classifier.history_]
    assert len(losses) < 60
    assert losses[-1] >= min(losses[:-1])
    best = max(classifier.history_, key=lambda row: (row["val_accuracy"], -row["val_loss"]))
    stopped = NetworkClassifier((f"epochs={best['epoch']}", "optimizer.lr=0.03", "schedule=constant")).fit(X, y)
    np.testing.assert_array_equal(weights(classifier), weights(stopped))


@pytest.mark.parametrize(
    ("override", "epochs"),
    [
        ("callbacks.target.value=0.1", 1),
        ("callbacks.time_limit.minutes=1e-9", 0),
        ("callbacks={target: {value: 0.1}}", 1),
        ("~callbacks", 3),
        ("callbacks={}", 3),
    ],
)
def test_other_ends_of_a_fit(digits, override, epochs):
    X, y = digits[0]
    assert len(NetworkClassifier((override, "epochs=3")).fit(X, y).history_) == epochs


def test_a_callback_of_ones_own_and_limits(digits, tmp_path, monkeypatch):
    (tmp_path / "own_callback.py").write_text(
        "from trainer.training.callbacks import Callback\n"
        "class Mine(Callback):\n"
        "    seen = []\n"
        "    def on_epoch_end(self, run, row):\n"
        "        self.seen.append((run.progress.total_examples, run.config['limit']['validation']))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    own = ("allow=[own_callback]", "+callbacks.mine={_target_: own_callback.Mine}")
    NetworkClassifier((*own, "epochs=1", "limit.train=50", "limit.validation=0.5")).fit(*digits[0])
    assert sys.modules["own_callback"].Mine.seen == [(50, 0.5)]


def test_double_precision(digits):
    X, y = (array[:100] for array in digits[0])
    classifier = NetworkClassifier(("epochs=1", "precision=float64")).fit(X, y)
    inputs = (X - classifier.mean_) / classifier.scale_
    assert classifier.predict_proba(X).dtype == np.float64
    np.testing.assert_array_equal(classifier.predict_proba(X), classifier.network_.predict(inputs))


@pytest.mark.process
def test_several_workers(digits):
    X, y = (array[:300] for array in digits[0])
    several, one = (
        NetworkClassifier(("epochs=1", "precision=float64", f"parallel.workers={number}")).fit(X, y)
        for number in (2, 1)
    )
    np.testing.assert_allclose(weights(several), weights(one), atol=1e-10)
    copy = pickle.loads(pickle.dumps(several))
    np.testing.assert_array_equal(copy.predict_proba(X), several.predict_proba(X))


def test_several_labels(digits):
    X, y = (array[:600] for array in digits[0])
    labels = np.stack([y == "zero", np.isin(y, ["one", "two"]), y == "two"], axis=1).astype(int)
    classifier = NetworkClassifier(("epochs=15",)).fit(X, labels)
    predicted, probabilities = classifier.predict(X), classifier.predict_proba(X)
    assert predicted.shape == probabilities.shape == labels.shape
    assert (predicted == labels).mean() > 0.98
    np.testing.assert_array_equal(predicted, probabilities > 0.5)
    np.testing.assert_array_equal(classifier.classes_, [0, 1, 2])


def test_columns_of_classes_are_refused(digits):
    X = digits[0][0][:50]
    with pytest.raises(ValueError, match="y is multiclass-multioutput; give one column of classes, or 0 and 1 for"):
        NetworkClassifier().fit(X, np.arange(100).reshape(50, 2) % 5)


def test_classes_in_parts(digits):
    X, y = digits[0]
    classifier = NetworkClassifier(("optimizer.lr=0.001",))
    for _ in range(4):
        for part in np.array_split(np.argsort(y[:800], kind="stable"), 2):  # each lacks half of the classes
            classifier.partial_fit(X[part], y[part], classes=np.unique(y))
    assert classifier.n_iter_ == 8
    assert len(classifier.classes_) == 10
    with pytest.raises(ValueError, match="y has classes that are not among the known ones: eleven"):
        classifier.partial_fit(X[:2], ["one", "eleven"])


def test_it_starts_from_a_run(digits, tmp_path, caplog):
    run, (X, _) = make_run(tmp_path / "run", "model=lenet5"), digits[0]
    caplog.set_level("INFO", "trainer")
    overrides = ("model=lenet5", f"start_from={run}", "freeze=['conv*','norm*']", "epochs=1")
    images = X[:100].reshape(-1, 8, 8).repeat(4, 1).repeat(4, 2)[:, 2:-2, 2:-2].reshape(100, -1)
    classifier = NetworkClassifier(overrides, input_shape=(1, 28, 28)).fit(images, np.arange(100) % 3)
    saved = checkpoint.read(run / "checkpoints" / "best.safetensors").parameters
    for name in ("conv1.weight", "norm3.running_var"):
        np.testing.assert_array_equal(classifier.network_.parameters[name], saved[name])
    assert "stay as initialised: head" in caplog.text
