"""The network in boxes, with kernels, shapes and parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainer.views.network import draw_graph

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trainer.views.subject import Subject


def draw(subject: Subject) -> Figure:
    return draw_graph(subject.network.graph, subject.title, subject.size)
