"""What is in a picture, and whether all of it can be read."""

from itertools import combinations

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

SLACK = 1.0  # pixels


def texts(figure: Figure) -> list[Text]:
    """The texts that are shown, with those of axes and legends."""
    if figure.stale:  # else it has its final layout
        figure.draw_without_rendering()
    found = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    hidden = {id(label) for axes in figure.axes for label in _hidden(axes)}
    return [text for text in found if id(text) not in hidden]


def _hidden(axes) -> list[Text]:
    """Labels of ticks that are not drawn, since they lie outside the axis or the axis is off."""
    out = []
    for axis in (axes.xaxis, axes.yaxis):
        drawn = {*axis.get_ticks_to_draw()} if hasattr(axis, "get_ticks_to_draw") else {*axis._update_ticks()}
        every = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        out += [label for tick in every if tick not in drawn or not axes.axison for label in (tick.label1, tick.label2)]
        if not axes.axison:
            out += [axis.label, axis.offsetText]
    return out


def assert_readable(figure: Figure) -> None:
    """Assert that every text lies within the figure, and that no two overlap."""
    shown = texts(figure)
    renderer = figure.canvas.get_renderer()
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in shown]
    width, height = figure.bbox.width, figure.bbox.height
    for text, box in boxes:
        inside = box.x0 >= -SLACK and box.y0 >= -SLACK and box.x1 <= width + SLACK and box.y1 <= height + SLACK
        assert inside, f"{text!r} lies outside: {box}"
    for (text, box), (other, around) in combinations(boxes, 2):
        assert not _overlap(box, around), f"{text!r} and {other!r} overlap"


def _overlap(one: Bbox, other: Bbox) -> bool:
    x = min(one.x1, other.x1) - max(one.x0, other.x0)
    y = min(one.y1, other.y1) - max(one.y0, other.y0)
    return x > SLACK and y > 2 * SLACK


def legend(figure: Figure) -> list[str]:
    """The entries of all legends."""
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())]
    return [text.get_text() for each in legends for text in each.get_texts()]
