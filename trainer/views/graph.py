"""Pictures of computations, drawn with matplotlib alone, and networks in the language of Graphviz."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainer.models import Graph
from trainer.models.autograd import Variable
from trainer.models.autograd.diagram import COLOURS, Box, Diagram, diagram
from trainer.views import style
from trainer.views.folding import learned, size
from trainer.views.layout import Point, layered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches; one unit of the axes is an inch, so text and boxes keep their proportions in a picture of any size.
LETTER, MARGIN = 0.072, 0.14
HEIGHT, GAP = 0.46, 0.24


def draw_variables(output: Variable) -> Figure:
    """Return a drawing of the computation of `output`: Variables are rounded, grey if nothing computed them."""
    return _draw(diagram(output))


def dot(graph: Graph) -> str:
    """Return the network in the DOT language of Graphviz."""
    return _network(graph).dot()


def _network(graph: Graph) -> Diagram:
    drawing = Diagram()
    places = {name: drawing.add(Box(name, size(given.shape), "input"), []) for name, given in graph.inputs.items()}
    for node in graph.nodes:
        count = learned(graph, node)
        detail = [type(node.layer).__name__, size(node.output_shape)]
        kind = "plain"
        if count:
            detail.append(f"{count:,} parameters")
            kind = "learned"
        elif len(node.inputs) > 1:
            kind = "join"
        elif node.output_shape != node.input_shapes[0]:
            kind = "shape"
        box = Box(node.name, "  ".join(detail), kind)
        places[node.name] = drawing.add(box, [places[source] for source in node.inputs])
    return drawing


def _draw(drawing: Diagram) -> Figure:
    widths = [2 * MARGIN + LETTER * max(len(box.title), len(box.detail), 3) for box in drawing.boxes]
    centres, arrows = layered([(w / 2, w / 2) for w in widths], drawing.arrows, GAP)
    centres, arrows = [_inches(c) for c in centres], [[_inches(point) for point in arrow] for arrow in arrows]
    corners = [x for points in arrows for x, _ in points]
    left = min([x - w / 2 for (x, _), w in zip(centres, widths, strict=True)] + corners) - MARGIN
    right = max([x + w / 2 for (x, _), w in zip(centres, widths, strict=True)] + corners) + MARGIN
    top, bottom = HEIGHT / 2 + MARGIN, min(y for _, y in centres) - HEIGHT / 2 - MARGIN
    figure = style.new_figure(right - left, top - bottom)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(left, right), ylim=(bottom, top))
    axes.set_axis_off()
    for points in arrows:
        _draw_arrow(axes, points)
    for centre, width, box in zip(centres, widths, drawing.boxes, strict=True):
        _draw_box(axes, centre, width, box)
    return figure


def _inches(point: Point) -> Point:
    x, layer = point
    return x, -layer * (HEIGHT + GAP)


def _draw_box(axes: Axes, centre: Point, width: float, box: Box) -> None:
    from matplotlib.patches import FancyBboxPatch

    x, y = centre
    radius = HEIGHT / 2 if box.round else 0.06
    outline = f"round,pad=0,rounding_size={radius}"
    corner = (x - width / 2, y - HEIGHT / 2)
    colours = {"facecolor": COLOURS[box.kind], "edgecolor": style.TRAIN}
    axes.add_patch(FancyBboxPatch(corner, width, HEIGHT, boxstyle=outline, linewidth=0.8, zorder=2, **colours))
    both = 0.09 if box.title and box.detail else 0.0
    middle = {"ha": "center", "va": "center_baseline", "zorder": 3}
    axes.text(x, y + both, box.title, fontsize=8.5, fontweight="bold", color=style.INK, **middle)
    axes.text(x, y - both, box.detail, fontsize=7.5, color=style.FAINT, **middle)


def _draw_arrow(axes: Axes, points: list[Point]) -> None:
    """Draw a smooth line, vertical in every layer it passes, to the upper edge of its target."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    (x, y), *_, (end_x, end_y) = points
    vertices, codes = [(x, y - HEIGHT / 2)], [Path.MOVETO]
    for x, y in points[1:-1]:
        _curve(vertices, codes, (x, y + HEIGHT / 2))
        vertices.append((x, y - HEIGHT / 2))
        codes.append(Path.LINETO)
    _curve(vertices, codes, (end_x, end_y + HEIGHT / 2))
    line = {"linewidth": 1.0, "color": style.FAINT, "zorder": 1, "shrinkA": 0, "shrinkB": 0}
    axes.add_patch(FancyArrowPatch(path=Path(vertices, codes), arrowstyle="-|>", mutation_scale=7, fill=True, **line))


def _curve(vertices: list[Point], codes: list[int], end: Point) -> None:
    from matplotlib.path import Path

    x, y = vertices[-1]
    middle = (y + end[1]) / 2
    vertices += [(x, middle), (end[0], middle), end]
    codes += [Path.CURVE4] * 3
