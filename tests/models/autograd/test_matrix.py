"""Products of matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.autograd import check_function, few
from trainer.models.autograd import Variable
from trainer.models.autograd import functions as F  # noqa: N812

SHAPES = [
    ((2, 3), (3, 4)),
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 2, 3), (3, 2)),
    ((2, 1, 2, 3), (2, 3, 1)),
    ((3,), (2, 3, 2)),
    ((2, 2, 3), (3,)),
]


@pytest.mark.parametrize("shapes", SHAPES)
@few
@given(seed=st.integers(0, 1000))
def test_matmul(shapes, seed):
    rng = np.random.default_rng(seed)
    a, b = (rng.normal(size=shape) for shape in shapes)
    check_function(F.matmul, lambda a, b: a @ b, a, b)
    np.testing.assert_allclose((Variable(a) @ b).data, a @ b)
    np.testing.assert_allclose((a @ Variable(b)).data, a @ b)


def test_matmul_refuses_scalars():
    with pytest.raises(ValueError, match="got a scalar"):
        F.matmul(np.ones(3), 2.0)


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 3)])
@few
@given(bias=st.booleans(), seed=st.integers(0, 1000))
def test_linear(shape, bias, seed):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=size) for size in (shape, (2, 3), (2,))][: 2 + bias]
    check_function(F.linear, torch.nn.functional.linear, *arrays)
