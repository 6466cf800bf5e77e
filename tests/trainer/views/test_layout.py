"""Where boxes and arrows of a drawing go."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trainer.views.layout import layered

GAP = 0.25


@st.composite
def graphs(draw):
    """Extents of up to 14 boxes and arrows from before to behind."""
    count = draw(st.integers(1, 14))
    side = st.floats(0.1, 2)
    extents = draw(st.lists(st.tuples(side, side), min_size=count, max_size=count))
    pairs = [(source, target) for target in range(count) for source in range(target)]
    return extents, draw(st.lists(st.sampled_from(pairs), unique=True, max_size=25)) if pairs else []


@given(graphs())
def test_boxes_and_arrows_keep_apart(graph):
    extents, edges = graph
    centres, arrows = layered(extents, edges, GAP)
    for layer in {y for _, y in centres}:
        spans = [(x - left, x + right) for (x, y), (left, right) in zip(centres, extents, strict=True) if y == layer]
        spans += [(x, x) for points in arrows for x, y in points[1:-1] if y == layer]
        spans.sort()
        for (_, end), (start, _) in pairwise(spans):
            assert start - end > GAP - 1e-6


@given(graphs())
def test_arrows_lead_down_one_layer_at_a_time(graph):
    extents, edges = graph
    centres, arrows = layered(extents, edges, GAP)
    for (source, target), points in zip(edges, arrows, strict=True):
        assert points[0] == centres[source]
        assert points[-1] == centres[target]
        assert np.all(np.diff([y for _, y in points]) == 1)


@given(graphs())
def test_is_deterministic(graph):
    assert layered(*graph, GAP) == layered(*graph, GAP)


def test_a_chain_is_straight():
    centres, _ = layered([(1.0, 0.5), (0.5, 3.0), (0.5, 0.5), (2.0, 2.0)], [(0, 1), (1, 2), (2, 3)], GAP)
    assert centres == [(0, 0), (0, 1), (0, 2), (0, 3)]


def test_a_shortcut_runs_straight_beside_its_block():
    edges = [(0, 1), (1, 2), (2, 3), (0, 3)]
    centres, arrows = layered([(0.5, 0.5), (1.0, 1.0), (0.5, 0.5), (0.5, 0.5)], edges, GAP)
    assert max(abs(x) for x, _ in centres) < 1e-6
    _, (first, _), (second, _), _ = arrows[3]
    assert abs(first) >= 1 + GAP - 1e-6
    assert second == first


def test_what_comes_from_nothing_stands_above_its_user():
    centres, _ = layered([(0.5, 0.5)] * 4, [(0, 1), (1, 3), (2, 3)], GAP)
    assert [y for _, y in centres] == [0, 1, 1, 2]


def test_lines_are_untangled():
    _, arrows = layered([(0.5, 0.5)] * 4, [(0, 3), (1, 2)], GAP)
    (a, _), (b, _) = arrows[0]
    (c, _), (d, _) = arrows[1]
    assert (a - c) * (b - d) > 0
