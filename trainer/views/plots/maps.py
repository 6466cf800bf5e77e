"""The network as the maps that go through it, as LeNet-5 was first drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainer.views.maps import draw_maps

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trainer.views.subject import Subject


def draw(subject: Subject) -> Figure:
    return draw_maps(subject.network.graph, subject.title, subject.size)
