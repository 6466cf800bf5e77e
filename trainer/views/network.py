"""The drawing of a network in boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainer.models import Graph
from trainer.models.autograd.diagram import COLOURS
from trainer.views import style
from trainer.views.folding import Folded, Unit, folded, size
from trainer.views.layout import Point
from trainer.views.plan import FORK, LETTER, LINE, NAME, TEXT, Plan, draw_plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARGIN = 0.09  # inches around the text of a box


@dataclass(frozen=True)
class Box:
    """A unit with its lines of text and its size."""

    unit: Unit
    title: str
    lines: list[str]

    @property
    def width(self) -> float:
        """In inches."""
        if self.unit.kind == "fork":
            return FORK
        longest = max([NAME * len(self.title) * 1.1, *(TEXT * len(line) for line in self.lines)])
        return 2 * MARGIN + LETTER * longest

    @property
    def height(self) -> float:
        """In inches."""
        if self.unit.kind == "fork":
            return FORK
        return 2 * MARGIN + LINE * (NAME + TEXT * len(self.lines))

    @property
    def above(self) -> float:
        """From its middle, in inches."""
        return self.height / 2

    @property
    def below(self) -> float:
        """From its middle, in inches."""
        return self.height / 2

    @property
    def port(self) -> float:
        """How far from its middle paths begin and end, in inches."""
        return self.width / 2


def draw_graph(graph: Graph, title: str = "", subtitle: str = "") -> Figure:
    """Return a drawing of a network: blue boxes learn, orange ones join paths, green ones reshape.

    A box is a layer with weights and those that only follow it, with kernels, the shape of the output and the number of
    parameters. Blocks that repeat are drawn once, with how often.
    """
    return draw_plan(planned(graph), _draw_box, title, subtitle)


def planned(graph: Graph) -> Plan[Box]:
    """Return where the boxes of a network go."""
    network = folded(graph)
    return Plan(network, [_box(network, place) for place in range(len(network.units))])


def _box(network: Folded, place: int) -> Box:
    unit = network.units[place]
    if unit.kind == "fork":
        return Box(unit, "", [])
    block = next(block for block in network.blocks if place in block.units)
    alone = len(block.units) == 1
    name = unit.names[0] if alone else unit.names[0].rpartition(".")[2]
    lines = [*unit.layers, size(unit.shape)]
    if unit.parameters:
        lines.append(f"{unit.parameters:,} param.")
    return Box(unit, style.plain(name, 22), [style.plain(line, 26) for line in lines])


def _draw_box(axes: Axes, centre: Point, box: Box) -> None:
    from matplotlib.patches import FancyBboxPatch

    x, y = centre
    corner, outline = (x - box.width / 2, y - box.height / 2), "round,pad=0,rounding_size=0.06"
    look = {"facecolor": COLOURS[box.unit.kind], "edgecolor": style.TRAIN, "linewidth": 0.8, "zorder": 2}
    axes.add_patch(FancyBboxPatch(corner, box.width, box.height, boxstyle=outline, **look))
    top = y + box.height / 2 - MARGIN
    middle = {"ha": "center", "va": "center_baseline", "zorder": 3}
    axes.text(x, top - LINE * NAME / 2, box.title, fontsize=NAME, fontweight="bold", color=style.INK, **middle)
    shape = len(box.unit.layers)
    for number, line in enumerate(box.lines):
        height = top - LINE * (NAME + TEXT * (number + 0.5))
        axes.text(x, height, line, fontsize=TEXT, color=style.INK if number == shape else style.FAINT, **middle)
