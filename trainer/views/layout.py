"""Where the boxes of a drawing go: layer by layer, few crossings, long paths straight (Sugiyama et al. 1981)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

SWEEPS = 12
BEND, BOX, MAIN = 0.02, 1.0, 1e9  # how firmly a bend of an edge, a box, and a box of the longest path keep their places

Edges = Sequence[tuple[int, int]]
Point = tuple[float, float]


def layered(extents: Sequence[tuple[float, float]], edges: Edges, gap: float) -> tuple[list[Point], list[list[Point]]]:
    """Return the place of every box and the points through which every edge passes.

    Args:
        extents: How far each box goes to the left and to the right of its place; boxes are in topological order.
        edges: Pairs of boxes, each from an earlier one to a later one.
        gap: Least distance between two boxes side by side.

    Returns:
        Places (x, layer), and for each edge its points from the first box to the last, one a layer.
    """
    ranks = _ranks(len(extents), edges)
    chains, layers = _split_long_edges(ranks, edges)
    count = sum(map(len, layers))
    reach = np.zeros((count, 2))  # of a bend, nothing
    reach[: len(ranks)] = extents
    links = [link for chain in chains for link in pairwise(chain)]
    before, behind = _neighbours(count, links)
    _untangle(layers, before, behind)
    weights = np.full(count, BEND)
    weights[: len(ranks)] = BOX
    weights[_longest_path(ranks, edges)] = MAIN
    x = _place(layers, before, behind, reach, weights, gap)
    _straighten(x, layers, chains, reach, weights, gap)
    level = {node: rank for rank, layer in enumerate(layers) for node in layer}
    points = [(float(x[node]), float(level[node])) for node in range(count)]
    return points[: len(ranks)], [[points[node] for node in chain] for chain in chains]


def _ranks(count: int, edges: Edges) -> list[int]:
    """Return the layer of every node: below all its inputs; a node without inputs, right above its first user."""
    before, behind = _neighbours(count, edges)
    ranks = [0] * count
    for node in range(count):
        ranks[node] = max((ranks[source] + 1 for source in before[node]), default=0)
    for node in range(count):
        if not before[node] and behind[node]:
            ranks[node] = min(ranks[target] for target in behind[node]) - 1
    return ranks


def _neighbours(count: int, edges: Edges) -> tuple[list[list[int]], list[list[int]]]:
    before, behind = [[] for _ in range(count)], [[] for _ in range(count)]
    for source, target in edges:
        before[target].append(source)
        behind[source].append(target)
    return before, behind


def _split_long_edges(ranks: list[int], edges: Edges) -> tuple[list[list[int]], list[list[int]]]:
    """Return the edges as chains of nodes one layer apart, with bends as further nodes, and the layers."""
    layers: list[list[int]] = [[] for _ in range(max(ranks, default=0) + 1)]
    for node, rank in enumerate(ranks):
        layers[rank].append(node)
    chains, count = [], len(ranks)
    for source, target in edges:
        bends = []
        for rank in range(ranks[source] + 1, ranks[target]):
            bends.append(count)
            layers[rank].append(count)
            count += 1
        chains.append([source, *bends, target])
    return chains, layers


def _untangle(layers: list[list[int]], before: list[list[int]], behind: list[list[int]]) -> None:
    """Order each layer by the mean place of its neighbours, downwards and upwards in turn; keep the best order seen."""
    best, fewest = [list(layer) for layer in layers], _crossings(layers, behind)
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        neighbours = before if downwards else behind
        for layer, other in pairwise(layers if downwards else layers[::-1]):
            place = {node: index for index, node in enumerate(layer)}
            own = {node: index for index, node in enumerate(other)}
            means = {n: np.mean([place[m] for m in neighbours[n]]) if neighbours[n] else own[n] for n in other}
            other.sort(key=means.__getitem__)
        crossings = _crossings(layers, behind)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    layers[:] = best


def _crossings(layers: list[list[int]], behind: list[list[int]]) -> int:
    total = 0
    for layer, below in pairwise(layers):
        place = {node: index for index, node in enumerate(below)}
        ends = np.array([end for node in layer for end in sorted(place[m] for m in behind[node])])
        total += sum(int(np.sum(ends[:i] > end)) for i, end in enumerate(ends))
    return total


def _longest_path(ranks: list[int], edges: Edges) -> list[int]:
    """Return the nodes of one longest path, from the last layer back."""
    before, _ = _neighbours(len(ranks), edges)
    length = [0] * len(ranks)
    for node in range(len(ranks)):
        length[node] = max((length[source] + 1 for source in before[node]), default=0)
    path = [max(range(len(ranks)), key=length.__getitem__)] if ranks else []
    while path and before[path[-1]]:
        path.append(max(before[path[-1]], key=length.__getitem__))
    return path


def _place(
    layers: list[list[int]],
    before: list[list[int]],
    behind: list[list[int]],
    reach: np.ndarray,
    weights: np.ndarray,
    gap: float,
) -> np.ndarray:
    """Return horizontal places: the main nodes at 0, others near the mean of their neighbours, after several sweeps."""
    x = np.zeros(len(reach))
    nearness = np.minimum(weights, BOX)
    for layer in layers:
        x[layer] = _apart(np.zeros(len(layer)), weights[layer], reach[layer], gap)
    for sweep in range(2 * SWEEPS):
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            wanted = []
            for node in layer:
                around = [] if weights[node] == MAIN else [*before[node], *behind[node]]
                wanted.append(np.average(x[around], weights=nearness[around]) if around else 0.0)
            x[layer] = _apart(np.array(wanted), weights[layer], reach[layer], gap)
    return x


def _straighten(
    x: np.ndarray, layers: list[list[int]], chains: list[list[int]], reach: np.ndarray, weights: np.ndarray, gap: float
) -> None:
    """Make every long edge straight, as far out as any of its bends must be; changes `x`."""
    wanted = x.copy()
    for _, *bends, _ in chains:
        if bends:
            wanted[bends] = max(x[bends], key=abs)
    for layer in layers:
        x[layer] = _apart(wanted[layer], weights[layer], reach[layer], gap)


def _apart(wanted: np.ndarray, weights: np.ndarray, reach: np.ndarray, gap: float) -> np.ndarray:
    """Return the places in order nearest to the wanted ones (weighted least squares) at which no two boxes overlap.

    With the least distances subtracted, this is isotonic regression: neighbours in the wrong order are pooled.
    """
    offsets = np.concatenate([[0.0], np.cumsum(reach[:-1, 1] + reach[1:, 0] + gap)])[: len(wanted)]
    pools: list[list[float]] = []  # mean, weight, length
    for value, weight in zip(wanted - offsets, weights, strict=True):
        pools.append([value, weight, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, heavy, length = pools.pop()
            first = pools[-1]
            first[0] = (first[0] * first[1] + mean * heavy) / (first[1] + heavy)
            first[1] += heavy
            first[2] += length
    return np.repeat([pool[0] for pool in pools], [int(pool[2]) for pool in pools]) + offsets
