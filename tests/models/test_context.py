"""What a layer or a loss gets for a step."""

import itertools

import numpy as np
import pytest

from tests.models.test_workspace import ladder, workspace
from trainer.models import GraphBuilder, Linear, Step
from trainer.models.communicator import Alone
from trainer.models.kernels.memory import Layout


def test_zeros_belong_to_one_node_and_layout():
    space = workspace(ladder())
    first, second = space.contexts(8)[:2]
    layout = Layout.of((3, 8), (slice(1, 2),))
    bordered = first.zeros("padded", layout)
    bordered[1] = 3
    assert first.zeros("padded", layout) is bordered
    for other in (second.zeros("padded", layout), first.zeros("padded", Layout.of((3, 8), (slice(0, 2),)))):
        assert not np.shares_memory(other, bordered)
        assert not other[2].any()  # which neither may write
    assert first.scratch_zeros("padded", layout) is second.scratch_zeros("padded", layout)
    assert not np.shares_memory(first.scratch_zeros("padded", layout), bordered)


def test_ones_are_read_only():
    first, second = workspace(ladder()).contexts(8)[:2]
    np.testing.assert_array_equal(first.ones(4), np.ones(4, np.float32))
    assert first.ones(4) is second.ones(4)
    with pytest.raises(ValueError, match="read-only"):
        first.ones(4)[0] = 2


def test_scratch_is_shared_by_all_nodes():
    first, second = workspace(ladder()).contexts(8)[:2]
    assert np.shares_memory(first.scratch("columns", (3, 8)), second.scratch("columns", (2, 2)))
    assert not np.shares_memory(first.scratch("columns", (3, 8)), first.scratch("other", (3, 8)))


def test_a_layer_named_loss_shares_no_buffer_with_the_loss():
    builder = GraphBuilder({"input": (4,)})
    builder.add("loss", Linear(3), ["input"])
    space = workspace(builder.finish())
    (node,) = space.contexts(2)
    assert not np.shares_memory(node.buffer("t", (3, 2)), space.loss_context(2).buffer("t", (3, 2)))
    assert space.loss_context(2) is space.loss_context(2)


def test_once_makes_once():
    ctx, *_ = workspace(ladder()).contexts(8)
    numbers = itertools.count()
    assert [ctx.once("plan", lambda: next(numbers)) for _ in range(3)] == [0, 0, 0]


def test_a_context_knows_the_step():
    space = workspace(ladder())
    ctx, *_ = space.contexts(3)
    space.step = Step(batch=7, offset=4, training=True)
    assert (ctx.batch, ctx.step.batch, ctx.step.offset, ctx.training) == (3, 7, 4, True)
    assert isinstance(ctx.communicator, Alone)
