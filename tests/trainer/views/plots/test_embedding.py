"""The last hidden layer in a plane."""

import numpy as np
import pytest

from tests.helpers.figures import assert_readable, legend
from trainer.views.plots.embedding import draw, draw_embedding, last_hidden, principal
from trainer.views.subject import UnsuitableError


def test_principal_axes_are_those_of_scikit_learn():
    pca = pytest.importorskip("sklearn.decomposition").PCA(2)
    vectors = np.random.default_rng(0).normal(size=(50, 6)) * [5, 3, 1, 1, 1, 1] + 7
    points, share = principal(vectors)
    expected = pca.fit_transform(vectors)
    np.testing.assert_allclose(np.abs(points), np.abs(expected), atol=1e-9)
    assert share == pytest.approx(pca.explained_variance_ratio_.sum())


def test_one_unit_and_vectors_that_are_all_alike():
    points, share = principal(np.arange(5.0)[:, np.newaxis])
    assert (points.shape, share) == ((5, 2), pytest.approx(1))
    assert principal(np.ones((4, 3)))[1] == 1


def test_every_class_looks_different_and_mistakes_are_counted():
    labels = np.arange(40) % 20
    predicted = np.where(np.arange(40) == 3, 0, labels)
    names = [f"class {k}" for k in range(20)]
    figure = draw_embedding({"PCA": np.random.default_rng(0).normal(size=(40, 2))}, labels, predicted, names, "a run")
    assert legend(figure) == [*names, "mistake (1)"]
    looks = [(handle.get_color(), handle.get_marker()) for handle in figure.legends[0].legend_handles[:20]]
    assert len({*looks}) == 20
    assert_readable(figure)


def test_of_a_run(spirals):
    assert last_hidden(spirals) == "act2"
    assert_readable(draw(spirals))


def test_without_a_hidden_layer_or_classes_there_is_none(sine, quarters):
    for run in (sine, quarters):
        with pytest.raises(UnsuitableError):
            draw(run)
