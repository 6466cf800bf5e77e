"""What all problems share, and that a new one needs no more than the contract says."""

import numpy as np
import pytest

from trainer.models import Linear, Sigmoid, Softmax, build
from trainer.problems import Classification, Metric, MultiLabel, Problem, Regression, in_words, mean, metric_of, ratio

GRAPH = build({"head": Linear(3)}, (4,), None)
every_problem = pytest.mark.parametrize(
    "problem", [kind(GRAPH, 3) for kind in (Classification, MultiLabel, Regression)]
)


@pytest.fixture(autouse=True)
def _all_figures(request):
    if "problem" in request.fixturenames:
        each = request.getfixturevalue("problem")
        each.ask(each.optional)


@every_problem
def test_measures_of_parts_add_up_to_those_of_the_whole(problem):
    rng = np.random.default_rng(0)
    outputs, targets = rng.normal(size=(3, 20)), problem.random_targets(rng, 20)
    whole = problem.measures(outputs, targets)
    parts = [
        problem.measures(outputs[:, part], targets[..., part]) for part in (slice(0, 7), slice(7, 20), slice(0, 0))
    ]
    for name, value in whole.items():
        np.testing.assert_allclose(sum(part[name] for part in parts), value, rtol=1e-12)
        assert all(np.shape(part[name]) == np.shape(value) for part in parts)


@every_problem
def test_its_own_targets_pass_its_check_and_have_all_figures(problem):
    rng = np.random.default_rng(0)
    targets = problem.random_targets(rng, 20)
    problem.check()
    problem.check_targets(targets.T)
    problem.check_targets(targets.T[:0])
    figures = problem.figures({"loss": 8.0, **problem.measures(rng.normal(size=(3, 20)), targets)}, 20)
    assert list(figures) == list(problem.metrics)
    assert figures["loss"] == 0.4
    assert all(type(value) is float for value in figures.values())
    assert set(problem.figures({}, 0).values()) == {None}


@every_problem
def test_exact_outputs_are_best(problem):
    rng = np.random.default_rng(0)
    targets = problem.random_targets(rng, 20)
    exact = np.eye(3)[:, targets] if targets.ndim == 1 else targets
    exact = exact - 0.5 if isinstance(problem, MultiLabel) else exact
    best = problem.figures({"loss": 0.0, **problem.measures(exact, targets)}, 20)
    other = problem.figures({"loss": 9.0, **problem.measures(rng.normal(size=(3, 20)), targets)}, 20)
    assert problem.rank(best) > problem.rank(other)
    for name, metric in problem.metrics.items():
        assert (best[name] > other[name]) is metric.higher_is_better


@pytest.mark.parametrize(
    ("kind", "last"), [(Classification, None), (MultiLabel, None), (Classification, Softmax), (MultiLabel, Sigmoid)]
)
def test_outputs_of_probabilities_have_them(kind, last):
    graph = build({"head": Linear(3)} | ({"last": last()} if last else {}), (4,), None)
    problem = kind(graph, 3)
    p = np.random.default_rng(0).dirichlet([0.3] * 3, 20)
    np.testing.assert_allclose(problem.probabilities(problem.outputs_of(p)), p, rtol=1e-7, atol=1e-15)
    certain = np.eye(3)
    assert np.isfinite(problem.outputs_of(certain)).all()
    np.testing.assert_allclose(problem.probabilities(problem.outputs_of(certain)), certain, atol=1e-15)


def test_outputs_of_values_are_standardised_again():
    problem = Regression(GRAPH, None)
    values = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(problem.outputs_of(values), values)
    problem.in_units([1, 2, 3], [10, 20, 30])
    np.testing.assert_allclose(problem.probabilities(problem.outputs_of(values)), values)


class Ranking(Problem):
    """A problem of someone else's."""

    metrics = {"loss": Regression.metrics["loss"], "hits": Metric("hits", ratio("right", "asked"), True)}  # noqa: RUF012
    headline, loss, target_shape, target_dtype = "hits", "models.losses.CrossEntropy", (), np.int64

    def measures(self, outputs, targets):
        return {"right": int(np.sum(outputs[0] > 0)), "asked": len(targets)}

    def probabilities(self, outputs):
        return outputs

    def predictions(self, outputs):
        return outputs

    def random_targets(self, rng, count):
        return np.zeros(count, np.int64)


def test_a_metric_is_known_by_its_columns():
    assert metric_of("val_hits") is metric_of("train_hits") is Ranking.metrics["hits"]
    assert metric_of("val_nothing") is metric_of("lr") is metric_of("samples_per_second") is None
    assert Ranking(GRAPH, 3).details(np.zeros((2, 3)), np.zeros(2), (), 3) == {}


def test_means_and_ratios():
    assert mean("a")({"a": 3}, 4) == 0.75
    assert ratio("a", "b")({"a": 3, "b": 2}, 4) == 1.5
    assert ratio("a", "b")({"a": 3, "b": 0}, 4) == 0.0


def test_in_words():
    assert in_words({"loss": 0.12345, "accuracy": None, "f1": 1.0}) == "loss 0.1235, f1 1.0000"


def test_between_equals_the_loss_decides():
    problem = Classification(GRAPH, 3)
    ranks = [problem.rank({"accuracy": a, "loss": b}) for a, b in ((None, 0.1), (0.5, 0.3), (0.5, 0.2), (0.6, 0.9))]
    assert ranks == sorted(ranks)
