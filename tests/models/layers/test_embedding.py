"""Vectors looked up by number, against PyTorch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.layers import SingleLayer
from trainer.models import Embedding, Embeddings, GraphError


@given(st.integers(1, 9), st.integers(1, 5), st.integers(1, 6), st.integers(0, 7), st.integers(0, 99))
def test_equals_pytorch(numbers, dim, length, batch, seed):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    single = SingleLayer(Embedding(numbers, dim), (length,))
    x = rng.integers(0, numbers, (length, batch))
    dy = rng.normal(size=(dim, length, batch))
    weight = torch.tensor(single.parameters["weight"].copy(), requires_grad=True)
    expected = torch.nn.functional.embedding(torch.tensor(x), weight).permute(2, 0, 1)
    expected.backward(torch.tensor(dy))
    np.testing.assert_array_equal(single.forward(x), expected.detach().numpy())
    assert single.backward(dy) == []
    np.testing.assert_allclose(single.gradients["weight"], weight.grad.numpy(), rtol=1e-12, atol=1e-12)


def test_several_categories_are_embeddings_one_after_another():
    rng = np.random.default_rng(0)
    single = SingleLayer(Embeddings([4, 9], [2, 3]), (2,))
    x = np.stack([rng.integers(0, 4, 7), rng.integers(0, 9, 7)])
    dy = rng.normal(size=(5, 7))
    y = single.forward(x)
    single.backward(dy)
    for place, rows in enumerate((slice(0, 2), slice(2, 5))):
        one = SingleLayer(Embedding(single.layer.levels[place], single.layer.embedding_dim[place]), ())
        one.parameters["weight"][...] = single.parameters[f"weight{place}"]
        np.testing.assert_array_equal(y[rows], one.forward(x[place]))
        one.backward(dy[rows])
        np.testing.assert_array_equal(single.gradients[f"weight{place}"], one.gradients["weight"])


def test_the_usual_length_of_a_vector_grows_with_the_levels():
    assert Embeddings([1, 21, 100, 10**6]).embedding_dim == (2, 9, 21, 50)


@pytest.mark.parametrize("wrong", [-1, 3])
@pytest.mark.parametrize("layer", [Embedding(3, 2), Embeddings([3])])
def test_a_number_that_has_no_vector_is_named(layer, wrong):
    single = SingleLayer(layer, (1,))
    with pytest.raises(GraphError, match=rf"^layer: got the number {wrong}, not one of 0\.\.2; fix the data"):
        single.forward(np.array([[0, wrong]]))


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Embedding(0, 2), r"num_embeddings: 0 is not in \[1, inf\)"),
        (lambda: Embedding(3, 0), r"embedding_dim: 0 is not in \[1, inf\)"),
        (lambda: Embeddings([3, 0]), r"levels: 0 is not in \[1, inf\)"),
        (lambda: Embeddings([3, 4], [2]), "embedding_dim: 1 numbers for 2 categories"),
    ],
)
def test_options_out_of_range(make, problem):
    with pytest.raises(ValueError, match=problem):
        make()


def test_as_many_categories_as_levels():
    with pytest.raises(GraphError, match=r"has 2 categories, but its input is 3 \(the network's input\); set levels"):
        SingleLayer(Embeddings([3, 4]), (3,))
