"""The last hidden layer in a plane."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from tests.helpers.figures import assert_readable, legend
from trainer.ground.extras import install_hint
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


@pytest.fixture
def fake(monkeypatch):
    """The two libraries, with none of their arithmetic, which takes seconds; returns what they were called with."""
    seen = {}

    def library(name, estimator):
        class Fake:
            def __init__(self, **options):
                seen[name] = options

            def fit_transform(self, vectors):
                seen[name]["vectors"] = vectors
                return vectors[:, :2]

        monkeypatch.setitem(sys.modules, name, SimpleNamespace(**{estimator: Fake}))

    library("sklearn.manifold", "TSNE")
    library("umap", "UMAP")
    return seen


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes]


def test_of_a_run(spirals, fake):
    assert last_hidden(spirals) == "act2"
    figure = draw(spirals)
    assert_readable(figure)
    assert titles(figure)[1:] == ["t-SNE", "UMAP"]
    assert fake["umap"]["n_jobs"] == 1
    assert np.abs(fake["umap"]["vectors"]).max() == 1  # so that no scale overflows
    assert fake["sklearn.manifold"]["perplexity"] == pytest.approx(79 / 3)


def test_a_library_that_is_missing_is_named_with_the_command_that_installs_it(spirals, fake, monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    monkeypatch.setattr(spirals, "notes", [])
    assert titles(draw(spirals))[1:] == ["t-SNE"]
    assert spirals.notes == [f"UMAP in embedding: {install_hint('umap')}"]


def test_of_dead_units_only_the_axes_are_drawn(spirals, fake, monkeypatch):
    """t-SNE of vectors that are all alike ends the process by a segmentation fault."""
    monkeypatch.setattr(spirals, "activations", lambda indices: {"act2": np.full((len(indices), 8), 0.1)})
    assert len(titles(draw(spirals))) == 1
    assert not fake


def test_without_a_hidden_layer_or_classes_there_is_none(sine, quarters):
    for run in (sine, quarters):
        with pytest.raises(UnsuitableError):
            draw(run)
