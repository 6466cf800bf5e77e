"""The drawing of a network as stacks of feature maps, as in LeCun et al. 1998."""

from __future__ import annotations

import math
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

# Inches.
SLIDE = 11.0  # the width of a line that is not divided
TALLEST = 1.5  # of a vector
SIDE = 0.62  # of a map, over the height of the longest vector
SMALL, MANY = 0.5, 12  # everything is smaller by this factor where there are more stages than that
LEAST, THIN = 0.1, 0.14  # the least side of a map, and the width of a vector
LEAST_LONGEST = 10  # units of a vector that is that tall
MOST_SHEETS, STEP = 8, 0.055  # that are drawn of a stack, and how far each is behind the next
SIGN, SIGNS = 0.22, {"Add": "+", "Multiply": "×"}  # where paths join
NEAR = 0.08  # between what is drawn and its texts
MOST_LETTERS = 18  # in a line of several layers


@dataclass(frozen=True)
class Stage:
    """Maps, or a vector, of one size, with what makes them.

    Attributes:
        unit: The layers that make them, the first of which learns, joins or changes the shape.
        sheet: Width and height of a map.
        sheets: How many are drawn, one behind the other.
        step: How far each is behind the next.
        sign: What is drawn in their place where paths join.
    """

    unit: Unit
    sheet: tuple[float, float]
    sheets: int = 1
    step: float = 0.0
    sign: str = ""

    @property
    def drawn(self) -> tuple[float, float]:
        """Width and height of all maps."""
        behind = self.step * (self.sheets - 1)
        return self.sheet[0] + behind, self.sheet[1] + behind

    @property
    def shape(self) -> str:
        """What is written above."""
        maps, *sides = self.unit.shape or ((),)
        return f"{maps} @ {size(sides)}" if len(sides) == 2 else size(self.unit.shape)

    @property
    def name(self) -> str:
        """What is written beneath, in bold; nothing where a sign says the same."""
        name = self.unit.names[0].rpartition(".")[2]
        return "" if self.sign and name == self.unit.layers[0].lower() else style.plain(name, 16)

    @property
    def words(self) -> list[str]:
        """What is written beneath the name: layers, as many as fit in each line, and parameters."""
        lines: list[str] = []
        first, *others = self.unit.layers[bool(self.sign) :] or [""]
        for layer in others:
            longer = f"{lines[-1]}, {layer}" if lines else layer
            lines[-1:] = [longer] if len(longer) <= MOST_LETTERS else [*lines[-1:], layer]
        count = [f"{self.unit.parameters:,} param."] if self.unit.parameters else []
        return [style.plain(each, 22) for each in [first, *lines, *count] if each]

    @property
    def width(self) -> float:
        """With the texts."""
        if self.unit.kind == "fork":
            return FORK
        longest = max(NAME * 1.1 * len(self.name), *(TEXT * len(text) for text in [*self.words, self.shape]))
        return max(self.drawn[0], LETTER * longest)

    @property
    def above(self) -> float:
        """From the middle, with the text."""
        return FORK / 2 if self.unit.kind == "fork" else self.drawn[1] / 2 + NEAR + LINE * TEXT

    @property
    def below(self) -> float:
        """From the middle, with the texts."""
        if self.unit.kind == "fork":
            return FORK / 2
        return self.drawn[1] / 2 + NEAR + LINE * (NAME * bool(self.name) + TEXT * len(self.words))

    @property
    def port(self) -> float:
        """From the middle to the outline at that height, where paths begin and end."""
        width, height = self.drawn
        return width / 2 - max(0.0, height / 2 - self.sheet[1])


def draw_maps(graph: Graph, title: str = "", subtitle: str = "") -> Figure:
    """Return a drawing of a network: stacks of maps, and vectors as bars, each with its size; signs where paths join.

    What leaves the maps as they are, such as an activation, is written beneath them. Blocks that repeat are drawn once,
    with how often.
    """
    network = folded(graph, by_shape=True)
    return draw_plan(Plan(network, _stages(network), SLIDE), _draw_stage, title, subtitle)


def _stages(network: Folded) -> list[Stage]:
    units = [unit for unit in network.units if unit.kind != "fork"]
    scale = SMALL if len(units) > MANY else 1.0
    largest = max([1, *(side for unit in units if len(unit.shape) == 3 for side in unit.shape[1:])])
    longest = max([LEAST_LONGEST, *(math.prod(unit.shape) for unit in units if len(unit.shape) != 3)])
    stages = []
    for unit in network.units:
        if unit.kind == "fork":
            stages.append(Stage(unit, (FORK, FORK)))
        elif unit.kind == "join" and unit.layers[0] in SIGNS:
            stages.append(Stage(unit, (SIGN, SIGN), sign=SIGNS[unit.layers[0]]))
        elif len(unit.shape) == 3:
            maps, high, wide = unit.shape
            sheet = [scale * SIDE * max(LEAST, TALLEST * math.sqrt(side / largest)) for side in (wide, high)]
            stages.append(Stage(unit, (sheet[0], sheet[1]), min(MOST_SHEETS, maps), scale * STEP))
        else:
            share = math.log1p(math.prod(unit.shape)) / math.log1p(longest)
            stages.append(Stage(unit, (THIN, scale * max(LEAST, TALLEST * share))))
    return stages


def _draw_stage(axes: Axes, centre: Point, stage: Stage) -> None:
    from matplotlib.patches import Circle, Rectangle

    (x, y), (width, height) = centre, stage.drawn
    middle = {"ha": "center", "va": "center_baseline", "zorder": 3}
    look = {"facecolor": COLOURS[stage.unit.kind], "edgecolor": style.TRAIN, "linewidth": 0.7}
    if stage.sign:
        axes.add_patch(Circle(centre, SIGN / 2, zorder=2, **look))
        axes.text(x, y, stage.sign, fontsize=11, color=style.INK, ha="center", va="center", zorder=3)
    else:
        wide, high = stage.sheet
        for sheet in range(stage.sheets):  # from the back
            behind = stage.step * (stage.sheets - 1 - sheet)
            corner = (x - width / 2 + behind, y - height / 2 + behind)
            axes.add_patch(Rectangle(corner, wide, high, zorder=2 + sheet / 100, **look))
    above = y + height / 2 + NEAR + LINE * TEXT / 2
    axes.text(x, above, stage.shape, fontsize=TEXT, color=style.INK, **middle)
    line = y - height / 2 - NEAR
    if stage.name:
        bold = {"fontsize": NAME, "fontweight": "bold", "color": style.INK}
        axes.text(x, line - LINE * NAME / 2, stage.name, **bold, **middle)
        line -= LINE * NAME
    for number, word in enumerate(stage.words):
        axes.text(x, line - LINE * TEXT * (number + 0.5), word, fontsize=TEXT, color=style.FAINT, **middle)
