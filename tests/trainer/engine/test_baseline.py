"""What constant answers and linear models reach."""

import json
import logging

import numpy as np
import pytest

from tests.helpers.runs import composed
from tests.helpers.training import small_config, train
from trainer.datasets import Examples, Splits, Subset
from trainer.engine.baseline import _features, following, judged, least_squares, linear, logistic, mean_target, trivial
from trainer.engine.setup import Setup
from trainer.models.losses import BinaryCrossEntropy
from trainer.problems import MultiLabel


def setup_of(*overrides):
    setup = Setup(composed("model=mlp", *overrides))
    return setup, (setup.problem, setup.loss, setup.dataset, setup.splits())


def test_of_classes_the_most_frequent_one():
    _, (problem, loss, dataset, splits) = setup_of("data=digits", "~data.transforms.resize")
    shares = np.bincount(splits.train.targets, minlength=10) / len(splits.train)
    best = int(shares.argmax())
    found = trivial(problem, loss, dataset, splits)
    assert found.name == f"always '{best}'"
    assert found.figures["test"]["accuracy"] == np.mean(splits.test.targets == best)
    assert found.figures["test"]["loss"] == pytest.approx(-np.log(shares)[splits.test.targets].mean(), rel=1e-6)


def test_of_values_the_mean_of_the_training_part():
    _, (problem, loss, dataset, splits) = setup_of("data=sine")
    mean = splits.train.targets.mean(dtype=np.float64)
    found = trivial(problem, loss, dataset, splits, ("validation", "test"))
    assert found.name == "always the mean"
    assert found.figures["test"]["loss"] == pytest.approx(np.square(splits.test.targets - mean).mean(), rel=1e-5)
    assert [*found.figures] == ["validation", "test"]


def test_of_labels_those_that_most_examples_have():
    setup, _ = setup_of("data=moons")
    problem = MultiLabel(setup.graph, 2)
    targets = np.array([[1, 0], [1, 0], [1, 1], [0, 0]], np.float32)
    examples = Examples(np.zeros((4, 2), np.float32), targets)
    splits = Splits(examples, examples, examples)
    found = trivial(problem, BinaryCrossEntropy(), setup.dataset, splits)
    assert found.name == "always 0"
    assert found.figures["test"]["accuracy"] == 0.75
    entropy = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert found.figures["test"]["loss"] == pytest.approx(entropy, rel=1e-5)


def test_a_split_without_examples_has_no_figures():
    _, (problem, loss, dataset, splits) = setup_of("data=moons")
    assert trivial(problem, loss, dataset, Splits(splits.train, splits.validation, splits.test.take([]))).figures == {}


def test_many_targets_are_read_in_chunks(monkeypatch):
    _, (problem, loss, dataset, splits) = setup_of("data=digits", "~data.transforms.resize")
    whole, mean = trivial(problem, loss, dataset, splits), mean_target(splits.train, 10)
    monkeypatch.setattr("trainer.engine.baseline.TOGETHER", 70)
    monkeypatch.setattr("trainer.datasets.source.CHUNK", 100)
    np.testing.assert_allclose(mean_target(splits.train, 10), mean)
    found = trivial(problem, loss, dataset, splits).figures["test"]
    assert found == pytest.approx(whole.figures["test"], rel=1e-5)


def test_least_squares_finds_what_made_the_values():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(50, 4)), rng.normal(size=(4, 2))
    np.testing.assert_allclose(least_squares(x, x @ w), w, rtol=1e-4)


@pytest.mark.parametrize("one_of_many", [True, False])
def test_logistic_regression_is_scikit_learns(one_of_many):
    """Both make the mean cross-entropy plus half of the penalty times the squares of all weights least."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 5))
    labels = (x @ rng.normal(size=(5, 3)) + rng.normal(size=(300, 3))).argmax(axis=1)
    w = logistic(x, np.eye(3)[labels], one_of_many)
    reference = linear_model.LogisticRegression(C=1 / (1e-4 * 300), fit_intercept=False, tol=1e-8)
    if one_of_many:
        np.testing.assert_allclose(w.T, reference.fit(x, labels).coef_, atol=2e-3)
    else:
        for label in range(3):
            np.testing.assert_allclose(w[:, label], reference.fit(x, labels == label).coef_[0], atol=2e-3)


def test_a_linear_model_of_pixels():
    _, (problem, loss, dataset, splits) = setup_of("data=digits", "~data.transforms.resize")
    found = linear(problem, loss, dataset, splits, ("test",))
    assert found.name == "logistic regression"
    assert found.figures["test"]["accuracy"] > 0.95


def test_large_pictures_are_made_smaller(monkeypatch):
    _, (problem, loss, dataset, splits) = setup_of("data=digits", "limit.train=400")
    monkeypatch.setattr("trainer.engine.baseline.MOST_FEATURES", 200)
    found = linear(problem, loss, dataset, splits, ("test",))
    assert found.name == "logistic regression on 14x14 pixels"
    assert found.figures["test"]["accuracy"] > 0.9
    two = Subset(splits.train, np.array([3, 5]))
    pixels = two.inputs.reshape(2, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(2, -1) / 255
    expected = (pixels - dataset.mean[0]) / dataset.std[0]
    np.testing.assert_allclose(_features(dataset, two, [], 2)[:, :-1], expected, atol=1e-5)


def test_a_linear_model_of_a_line(monkeypatch):
    _, (problem, loss, dataset, splits) = setup_of("data=sine")
    found = linear(problem, loss, dataset, splits, ("test",))
    assert found.name == "linear regression"
    x, t = (np.ravel(part) for part in (splits.train.inputs, splits.train.targets))
    slope, height = np.polyfit(x, t, 1)
    expected = np.square(np.ravel(splits.test.targets) - slope * np.ravel(splits.test.inputs) - height).mean()
    assert found.figures["test"]["loss"] == pytest.approx(expected, rel=1e-4)
    monkeypatch.setattr("trainer.engine.baseline.MOST_FEATURES", 0)
    assert linear(problem, loss, dataset, splits, ("test",)) is None


def test_characters_are_one_hot(tmp_path):
    (tmp_path / "ab.txt").write_text("abc" * 200, encoding="utf-8")
    overrides = ("model=char_mlp", "data=text", f"data.file={tmp_path}/ab.txt", "data.context=3")
    setup = Setup(composed(*overrides))
    found = linear(setup.problem, setup.loss, setup.dataset, setup.splits(), ("test",))
    assert found.figures["test"]["accuracy"] == 1


def test_a_character_follows_the_one_before(tmp_path):
    (tmp_path / "ab.txt").write_text("abc" * 200, encoding="utf-8")
    setup = Setup(composed("model=char_mlp", "data=text", f"data.file={tmp_path}/ab.txt", "data.context=3"))
    found = following(setup.problem, setup.loss, setup.dataset, setup.splits(), ("validation", "test"))
    assert found.name == "by the character before"
    assert found.figures["test"]["accuracy"] == 1
    count = 159  # of each pair, of 481 examples: (count + share) / (count + 1), where a share is about a third
    assert found.figures["test"]["perplexity"] == pytest.approx((count + 1) / (count + 1 / 3), rel=1e-3)


def test_figures_are_those_of_the_problem():
    _, (problem, loss, _, splits) = setup_of("data=moons")
    outputs = np.zeros((2, len(splits.test)), np.float32)
    outputs[0] = 10
    tally = judged(problem, loss, outputs, splits.test.targets)
    assert problem.figures(tally.sums, tally.examples)["accuracy"] == np.mean(splits.test.targets == 0)


def test_a_run_says_it_beside_its_own_figures(tmp_path, caplog):
    with caplog.at_level(logging.INFO, "trainer"):
        result = train(small_config("epochs=1", "optimizer.lr=0.1"), tmp_path / "run")
    baseline = json.loads((tmp_path / "run" / "result.json").read_text(encoding="utf-8"))["baseline"]
    assert baseline == result["baseline"]
    assert baseline["accuracy"] < 0.2 < result["test"]["accuracy"]
    assert f"({baseline['name']}: accuracy {baseline['accuracy']:.4f})" in caplog.text
