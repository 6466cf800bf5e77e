"""The drawing of a network as the maps that go through it, as in LeCun et al. 1998."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainer.models import Graph
from trainer.views import style
from trainer.views.folding import describe, learned, size

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TALLEST, LEAST = 1.5, 0.12  # inches, of a map
MOST_SHEETS, STEP = 8, 0.055  # that are drawn of a stack, and how far each is behind the next
THIN = 0.14  # width of a vector
GAP, SIDE, EDGE = 0.34, 0.3, 0.15
NAME, TEXT, LETTER, LINE = 8.0, 7.0, 0.0080, 0.0187  # points; inches for each point of a character
MOST_STAGES = 10  # in a line
LIFT = 0.3  # of a shorter path above everything


@dataclass(frozen=True)
class Stage:
    """Maps of one size, and what makes them.

    Attributes:
        name, made: Of the layers that make them, the first of which learns or changes the shape.
        shape: Of one example.
        parameters: That these layers learn.
    """

    name: str
    made: list[str]
    shape: tuple[int, ...]
    parameters: int

    @property
    def sheets(self) -> int:
        """How many maps are drawn."""
        return max(1, min(MOST_SHEETS, self.shape[0])) if len(self.shape) == 3 else 1

    @property
    def words(self) -> list[str]:
        """What is written beneath it."""
        count = [f"{self.parameters:,} param."] if self.parameters else []
        return [style.plain(each, 20) for each in [*self.made, *count]]


def draw_maps(graph: Graph, title: str = "", subtitle: str = "") -> Figure:
    """Return a drawing of the path through a network: stacks of maps, and vectors as bars, each with its size.

    What leaves the maps as they are, such as an activation, is written beneath them. Where paths join, an arc shows
    what is added.
    """
    stages, skips = _stages(graph)
    largest = max([1, *(side for stage in stages if len(stage.shape) == 3 for side in stage.shape[1:])])
    longest = max([1, *(math.prod(stage.shape) for stage in stages if len(stage.shape) != 3)])
    boxes = [_size(stage, largest, longest) for stage in stages]
    above = max(height for _, height in boxes) / 2 + LINE * TEXT + 0.2 + (LIFT if skips else 0.0)
    below = max(height / 2 + LINE * (NAME + TEXT * len(s.words)) for s, (_, height) in zip(stages, boxes, strict=True))
    row_height = above + below + 0.2
    rows = [range(first, min(first + MOST_STAGES, len(stages))) for first in range(0, len(stages), MOST_STAGES)]
    places, right = {}, 0.0
    for number, row in enumerate(rows):
        x = SIDE
        for place in row:
            wide = max(boxes[place][0], _text_width(stages[place]))
            places[place] = (x + wide / 2, -EDGE - number * row_height - above)
            x += wide + GAP
        right = max(right, x - GAP)
    width, height = right + SIDE, len(rows) * row_height + 2 * EDGE
    figure = style.new_figure(width, height)
    figure.set_layout_engine("none")
    if title:
        style.headline(figure, title, subtitle)
    axes = figure.add_axes((0, 0, 1, height / figure.get_figheight()))
    axes.set(xlim=(0, width), ylim=(-height, 0))
    axes.set_axis_off()
    for number, stage in enumerate(stages):
        _draw_stage(axes, stage, places[number], boxes[number])
        if number:
            _draw_arrow(axes, places[number - 1], boxes[number - 1], places[number], boxes[number])
    for source, target in skips:
        if places[source][1] == places[target][1]:  # else the text beneath the target says what is added
            _draw_skip(axes, places[source], places[target], above - LIFT / 2)
    return figure


def _stages(graph: Graph) -> tuple[list[Stage], list[tuple[int, int]]]:
    """Return the stages along the longest path, and the pairs of them between which a shorter path leads."""
    before: dict[str, str | None] = dict.fromkeys(graph.inputs)
    length = dict.fromkeys(graph.inputs, 0)
    for node in graph.nodes:
        longest = max(node.inputs, key=length.__getitem__)
        before[node.name], length[node.name] = longest, length[longest] + 1
    path: list[str] = []
    name: str | None = graph.nodes[-1].name
    while name is not None:
        path.append(name)
        name = before[name]
    nodes = {node.name: node for node in graph.nodes}
    stages: list[Stage] = []
    place: dict[str, int] = {}
    skips = []
    for name in reversed(path):
        if name not in nodes:
            stages.append(Stage(name, [], graph.inputs[name].shape, 0))
        else:
            node = nodes[name]
            count, reshapes = learned(graph, node), node.output_shape != node.input_shapes[0]
            heavy = reshapes or any(len(graph.parameters[each].shape) > 1 for each in node.parameters.values())
            if heavy or len(stages) == 1:
                stages.append(Stage(name, [describe(node.layer)], node.output_shape, count))
            else:
                last = stages[-1]
                stages[-1] = Stage(last.name, [*last.made, describe(node.layer)], last.shape, last.parameters + count)
            for source in node.inputs:
                origin: str | None = source
                while origin is not None and origin not in place:
                    origin = before[origin]
                if origin is not None and source != before[name] and len(stages) - 1 > place[origin]:
                    skips.append((place[origin], len(stages) - 1))
        place[name] = len(stages) - 1
    return stages, skips


def _size(stage: Stage, largest: int, longest: int) -> tuple[float, float]:
    """Return width and height, in inches, of what is drawn for a stage."""
    if len(stage.shape) != 3:
        share = math.log1p(math.prod(stage.shape)) / math.log1p(longest)
        return THIN, max(LEAST, TALLEST * share)
    _, high, wide = stage.shape
    scale = TALLEST / math.sqrt(largest)
    behind = STEP * (stage.sheets - 1)
    return max(LEAST, scale * math.sqrt(wide)) * 0.62 + behind, max(LEAST, scale * math.sqrt(high)) * 0.62 + behind


def _text_width(stage: Stage) -> float:
    longest = max([NAME * 1.1 * len(_named(stage)), *(TEXT * len(word) for word in [*stage.words, _shape(stage)])])
    return LETTER * longest


def _named(stage: Stage) -> str:
    return style.plain(stage.name.rpartition(".")[2] if len(stage.name) > 14 else stage.name, 16)


def _shape(stage: Stage) -> str:
    return f"{stage.shape[0]} @ {size(stage.shape[1:])}" if len(stage.shape) == 3 else size(stage.shape)


def _draw_stage(axes: Axes, stage: Stage, centre: tuple[float, float], box: tuple[float, float]) -> None:
    from matplotlib.patches import Rectangle

    (x, y), (width, height) = centre, box
    sheets = stage.sheets
    behind = STEP * (sheets - 1)
    colour = style.HEAT[1] if stage.parameters else "#eaeef2" if not stage.made else "#d4f0d0"
    for sheet in range(sheets):  # from the back
        left = x - width / 2 + behind - STEP * sheet
        low = y - height / 2 + behind - STEP * sheet
        look = {"facecolor": colour, "edgecolor": style.TRAIN, "linewidth": 0.7, "zorder": 2 + sheet / 100}
        axes.add_patch(Rectangle((left, low), width - behind, height - behind, **look))
    middle = {"ha": "center", "va": "center_baseline"}
    top, bottom = y + height / 2 + 0.08, y - height / 2 - 0.08
    axes.text(x, top + LINE * TEXT / 2, _shape(stage), fontsize=TEXT, color=style.INK, **middle)
    look = {"fontsize": NAME, "fontweight": "bold", "color": style.INK}
    axes.text(x, bottom - LINE * NAME / 2, _named(stage), **look, **middle)
    for number, word in enumerate(stage.words):
        line = bottom - LINE * (NAME + TEXT * (number + 0.5))
        axes.text(x, line, word, fontsize=TEXT, color=style.FAINT, **middle)


def _draw_arrow(
    axes: Axes,
    start: tuple[float, float],
    first: tuple[float, float],
    end: tuple[float, float],
    last: tuple[float, float],
) -> None:
    """Draw an arrow from one stage to the next; at the end of a line, one that leaves and one that arrives."""
    arrow = {"arrowstyle": "-|>", "color": style.FAINT, "linewidth": 1.0, "shrinkA": 2, "shrinkB": 2}
    (x, y), (end_x, end_y) = (start[0] + first[0] / 2, start[1]), (end[0] - last[0] / 2, end[1])
    if y == end_y:
        axes.annotate("", (end_x, y), (x, y), arrowprops=arrow)
        return
    axes.annotate("", (x + GAP, y), (x, y), arrowprops=arrow)
    axes.annotate("", (end_x, end_y), (end_x - GAP, end_y), arrowprops=arrow)


def _draw_skip(axes: Axes, start: tuple[float, float], end: tuple[float, float], lift: float) -> None:
    """Draw a path from one stage to another, so far above their middle."""
    level, low = start[1] + lift, start[1] + lift - LIFT / 2
    (x, _), (end_x, _) = start, end
    axes.plot([x + 0.06, x + 0.06, end_x - 0.06], [low, level, level], color=style.FAINT, linewidth=1)
    arrow = {"arrowstyle": "-|>", "color": style.FAINT, "linewidth": 1.0, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (end_x - 0.06, low), (end_x - 0.06, level), arrowprops=arrow)
