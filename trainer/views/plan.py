"""Where the parts of a network's drawing go, left to right and line by line to fit a slide, and its paths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from trainer.views import style
from trainer.views.folding import Block, Folded, Unit
from trainer.views.layout import Point, layered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches; one unit of the axes is an inch, so text and boxes keep their proportions.
SLIDE = 8.5  # a width of 1280 pixels at 150 dots an inch
ASPECT = 16 / 9
NAME, TEXT = 8.0, 7.0  # points
LETTER, LINE = 0.0080, 0.0187  # of text of one point: the width of a character, the height of a line
GAP, COLUMN_GAP, ROW_GAP = 0.16, 0.3, 0.36
FRAME, LABEL = 0.09, 0.2  # around a block, and above it for its name
FORK = 0.05
EDGE, SIDE = 0.12, 0.3  # above and below, and beside everything
STRAIGHT = 0.08  # of a path before its arrow


class Part(Protocol):
    """What is drawn of a unit; sizes are inches, and paths enter and leave it at its middle, left and right.

    Attributes:
        unit: What it shows.
        width: With its texts.
        above, below: How far it goes from its middle.
        port: How far from the middle paths begin and end.
    """

    @property
    def unit(self) -> Unit: ...
    @property
    def width(self) -> float: ...
    @property
    def above(self) -> float: ...
    @property
    def below(self) -> float: ...
    @property
    def port(self) -> float: ...


PartT = TypeVar("PartT", bound=Part)


def _breaks(network: Folded, columns: Sequence[int]) -> list[int]:
    """Return the columns before which a line may end: those at which a block begins and one path leads on."""
    starts = {min(columns[unit] for unit in block.units) for block in network.blocks}
    crossing = {
        column: sum(columns[source] < column <= columns[target] for source, target in network.edges)
        for column in starts
    }
    return sorted(column for column in starts if column and crossing[column] == 1)


def _rows(
    widths: Sequence[float],
    reach: Sequence[tuple[float, float]],
    breaks: Sequence[int],
    extra: float,
    slide: float,
) -> list[range]:
    """Divide the columns into the lines that fill a slide best.

    Args:
        widths: The widths of the columns.
        reach: How far each goes above and below the middle of its line.
        breaks: The columns before which a line may end.
        extra: Height of a line besides.
        slide: A line of up to this width is not worth dividing.
    """
    starts = [0, *breaks, len(widths)]
    pieces = [range(begin, end) for begin, end in pairwise(starts)]

    def length(columns: range) -> float:
        return sum(widths[column] + COLUMN_GAP for column in columns)

    def height(columns: range) -> float:
        return max(reach[column][0] for column in columns) + max(reach[column][1] for column in columns) + extra

    def divided(most: float) -> list[range]:
        rows = [pieces[0]]
        for piece in pieces[1:]:
            longer = range(rows[-1].start, piece.stop)
            rows[-1:] = [longer] if length(longer) <= most else [rows[-1], piece]
        return rows

    longest = {length(range(begin.start, end.stop)) for begin in pieces for end in pieces if begin.start <= end.start}
    ways = [divided(most) for most in sorted(longest)]
    return min(ways, key=lambda rows: (max(max(map(length, rows)), ASPECT * sum(map(height, rows)), slide), len(rows)))


class Plan(Generic[PartT]):
    """Where everything is, in inches from the upper left; y points up, so it is negative.

    Args:
        network, boxes: See below.
        slide: A line of up to this width is not divided.

    Attributes:
        network, boxes: What is drawn, one box for each unit.
        centres, paths: The centres of the boxes and the paths of the edges, as `layered` returns them: the offset from
            the line, and the column.
        half: Half the width of each column.
        width, height: The width and height of the drawing.
    """

    def __init__(self, network: Folded, boxes: Sequence[PartT], slide: float = SLIDE) -> None:
        self.network, self.boxes = network, boxes
        self.centres, self.paths = layered([(box.above, box.below) for box in boxes], network.edges, GAP)
        columns = [round(column) for _, column in self.centres]
        widths = [0.0] * (max(columns) + 1)
        for box, column in zip(self.boxes, columns, strict=True):
            widths[column] = max(widths[column], box.width)
        self.half = [width / 2 for width in widths]
        above = (FRAME + LABEL, FRAME) if any(map(self.framed, network.blocks)) else (0.0, 0.0)
        reach = [(0.0, 0.0)] * len(widths)
        spots = [(y - box.above, y + box.below, c) for (y, c), box in zip(self.centres, self.boxes, strict=True)]
        for first, last, at in spots + [(y, y, c) for path in self.paths for y, c in path[1:-1]]:
            high, low = reach[round(at)]
            reach[round(at)] = max(high, -first), max(low, last)
        rows = _rows(widths, reach, _breaks(network, columns), sum(above) + ROW_GAP, slide)
        self._row: dict[int, int] = {}  # of each column
        self._x: dict[int, float] = {}
        self._middle: list[float] = []  # of each row, the height of offset 0
        self._above: list[float] = []  # and the height at which a path comes from the row before
        top, right = EDGE, 0.0
        for number, row in enumerate(rows):
            x = SIDE
            for column in row:
                self._row[column], self._x[column] = number, x + widths[column] / 2
                x += widths[column] + COLUMN_GAP
            right = max(right, x - COLUMN_GAP)
            self._above.append(-(top - ROW_GAP / 2))
            self._middle.append(-(top + above[0] + max(reach[column][0] for column in row)))
            top = -self._middle[-1] + max(reach[column][1] for column in row) + above[1] + ROW_GAP
        self.width, self.height = right + SIDE, top - ROW_GAP + EDGE

    def framed(self, block: Block) -> bool:
        """Return whether a block has a frame."""
        return block.times > 1 or (len(block.units) > 1 and bool(block.name))

    def row(self, point: Point) -> int:
        """Return the line that a point is in."""
        return self._row[round(point[1])]

    def place(self, point: Point) -> Point:
        """Return where a point is."""
        return self._x[round(point[1])], self._middle[self.row(point)] - point[0]

    def above(self, row: int) -> float:
        """Return the height at which a path leads from the line before to this one."""
        return self._above[row]

    def frame(self, block: Block) -> tuple[float, float, float, float]:
        """Return the left, right, low and high end of a block's frame."""
        spots = [(self.place(self.centres[unit]), self.boxes[unit]) for unit in block.units]
        left = min(x - box.width / 2 for (x, _), box in spots) - FRAME
        right = max(x + box.width / 2 for (x, _), box in spots) + FRAME
        row = self.row(self.centres[block.units[0]])
        passing = [self.place(point) for path in self.paths for point in path[1:-1] if self.row(point) == row]
        inner = [y for x, y in passing if left < x < right]
        low = min([y - box.below for (_, y), box in spots] + inner) - FRAME
        high = max([y + box.above for (_, y), box in spots] + inner) + FRAME
        return left, right, low, high

    def route(self, source: int, target: int, path: Sequence[Point]) -> list[list[Point]]:
        """Return the line from one box to another: where it begins, then the point or the curve of each part.

        It is level in every column that it passes; from one line of boxes to the next it goes around their end. A curve
        is two control points of Bézier and its end.
        """
        (x, y), (end_x, end_y) = self.place(path[0]), self.place(path[-1])
        start, end = (x + self.boxes[source].port, y), (end_x - self.boxes[target].port, end_y)
        parts = [[start]]
        if self.row(path[0]) != self.row(path[-1]):
            level = self.above(self.row(path[-1]))
            right, left = x + self._half(path[0]) + SIDE / 2, end_x - self._half(path[-1]) - SIDE / 2
            parts += [[each] for each in ((right, y), (right, level), (left, level), (left, end_y), end)]
            return parts
        if abs(y - end_y) < 1e-6 and len(path) == 2:
            return [*parts, [end]]
        parts.append([(x + self._half(path[0]), y)])  # beyond what is written above and beneath
        for point in path[1:-1]:
            (along, height), half = self.place(point), self._half(point)
            parts += [_curve(parts[-1][-1], (along - half, height)), [(along + half, height)]]
        return [*parts, _curve(parts[-1][-1], (min(end_x - self._half(path[-1]), end[0] - STRAIGHT), end_y)), [end]]

    def _half(self, point: Point) -> float:
        return self.half[round(point[1])]


def draw_plan(plan: Plan[PartT], draw: Callable[[Axes, Point, PartT], None], title: str, subtitle: str) -> Figure:
    """Return the drawing of a network, each part by `draw(axes, place, part)`."""
    from matplotlib.patches import Circle

    figure = style.new_figure(plan.width, plan.height)
    figure.set_layout_engine("none")
    if title:
        style.headline(figure, title, subtitle)
    axes = figure.add_axes((0, 0, 1, plan.height / figure.get_figheight()))
    axes.set(xlim=(0, plan.width), ylim=(-plan.height, 0))
    axes.set_axis_off()
    for block in plan.network.blocks:
        if plan.framed(block):
            _draw_frame(axes, plan, block)
    for (source, target), path in zip(plan.network.edges, plan.paths, strict=True):
        _draw_path(axes, plan, source, target, path)
    for box, centre in zip(plan.boxes, plan.centres, strict=True):
        if box.unit.kind == "fork":
            axes.add_patch(Circle(plan.place(centre), FORK / 2, facecolor=style.FAINT, edgecolor="none", zorder=2))
        else:
            draw(axes, plan.place(centre), box)
    return figure


def _draw_frame(axes: Axes, plan: Plan[PartT], block: Block) -> None:
    from matplotlib.patches import FancyBboxPatch

    left, right, low, high = plan.frame(block)
    look = {"facecolor": "#f6f8fa", "edgecolor": style.GRID, "linewidth": 0.8, "zorder": 0}
    outline = "round,pad=0,rounding_size=0.08"
    axes.add_patch(FancyBboxPatch((left, low), right - left, high - low, boxstyle=outline, **look))
    times = f"×{block.times}" if block.times > 1 else ""
    beside = LETTER * NAME * 1.2 * (len(times) + 1 if times else 0)
    axes.text(left + 0.02, high + 0.05, times, fontsize=NAME, fontweight="bold", color=style.BEST, va="bottom")
    letters = int((right - left - beside) / (LETTER * TEXT))
    name = style.plain(block.name, max(3, letters))
    axes.text(left + 0.02 + beside, high + 0.05, name, fontsize=TEXT, color=style.FAINT, va="bottom")


def _draw_path(axes: Axes, plan: Plan[PartT], source: int, target: int, path: Sequence[Point]) -> None:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    start, *parts = plan.route(source, target, path)
    codes = [Path.MOVETO]
    for part in parts:
        codes += [Path.LINETO] if len(part) == 1 else [Path.CURVE4] * len(part)
    vertices = [point for part in [start, *parts] for point in part]
    arrow = "-" if plan.boxes[target].unit.kind == "fork" else "-|>"
    look = {"linewidth": 1.0, "color": style.FAINT, "zorder": 1, "shrinkA": 0, "shrinkB": 0, "fill": False}
    axes.add_patch(FancyArrowPatch(path=Path(vertices, codes), arrowstyle=arrow, mutation_scale=6, **look))


def _curve(begin: Point, end: Point) -> list[Point]:
    middle = (begin[0] + end[0]) / 2
    return [(middle, begin[1]), (middle, end[1]), end]
