"""The network as a drawing, in the page's own colours."""

from __future__ import annotations

from trainer.pages.report.facts import Facts
from trainer.pages.report.section import Section, text
from trainer.views.network import MARGIN, Box, planned
from trainer.views.plan import FORK, LINE, NAME, TEXT, Plan

MOST_BOXES = 150  # that can be read
SCALE = 96  # units of the drawing in an inch, so that they are pixels
POINT = SCALE / 72
SMALLEST = 0.75  # of its size: on narrower pages it is scrolled


def network(facts: Facts) -> Section | None:
    """Return the drawing that `trainer graph` makes; None where the network is not known, or too large to be read."""
    if facts.graph is None or len((plan := planned(facts.graph)).boxes) > MOST_BOXES:
        return None
    intro = "Blue boxes learn, orange ones join paths, green ones reshape."
    if (times := max(block.times for block in plan.network.blocks)) > 1:
        intro += f" A block marked ×{times} is repeated {times} times."
    return Section("network", "Network", f'<p class="faint">{intro}</p><div class="wide">{_svg(plan)}</div>')


def _svg(plan: Plan[Box]) -> str:
    width, height = plan.width * SCALE, plan.height * SCALE
    blocks = [block for block in plan.network.blocks if plan.framed(block)]
    parts = []
    for block in blocks:
        left, right, low, high = plan.frame(block)
        parts.append(_rectangle("frame", left, high, right - left, high - low))
        times = f"×{block.times} " if block.times > 1 else ""
        letters = max(3, int((right - left) * 72 / TEXT / 0.6) - len(times))
        name = block.name if len(block.name) <= letters else block.name[: letters - 1] + "…"
        bold = f'<tspan class="times">{times}</tspan>' if times else ""
        parts.append(_text("block", left + 0.02, high + 0.06, TEXT, bold + text(name)))
    for (source, target), path in zip(plan.network.edges, plan.paths, strict=True):
        start, *line = plan.route(source, target, path)
        steps = [f"M{_at(*start[0])}"]
        steps += [("L" if len(part) == 1 else "C") + " ".join(_at(*point) for point in part) for part in line]
        arrow = "" if plan.boxes[target].unit.kind == "fork" else ' marker-end="url(#arrow)"'
        parts.append(f'<path class="edge" d="{"".join(steps)}"{arrow}/>')
    for box, centre in zip(plan.boxes, plan.centres, strict=True):
        parts.append(_box(box, *plan.place(centre)))
    arrow = (
        '<defs><marker id="arrow" viewBox="0 0 6 6" refX="6" refY="3" markerWidth="6" markerHeight="6" orient="auto">'
        '<path d="M0 0L6 3L0 6z"/></marker></defs>'
    )
    least = f'style="min-width:{SMALLEST * width:.0f}px"'
    size = f'{least} width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return (
        f'<svg class="network" role="img" aria-label="The layers of the network and their connections" {size}>'
        f"{arrow}{''.join(parts)}</svg>"
    )


def _box(box: Box, x: float, y: float) -> str:
    if box.unit.kind == "fork":
        return f'<circle class="fork" cx="{SCALE * x:.1f}" cy="{-SCALE * y:.1f}" r="{SCALE * FORK / 2:.1f}"/>'
    top = y + box.height / 2
    parts = [_rectangle(box.unit.kind, x - box.width / 2, top, box.width, box.height)]
    baseline = top - MARGIN - LINE * NAME * 0.7
    parts.append(_text("name", x, baseline, NAME, _words(box.title)))
    for number, line in enumerate(box.lines):
        below = baseline - LINE * (NAME * 0.3 + TEXT * (number + 0.75))
        kind = "shape" if number == len(box.unit.layers) else "line"
        parts.append(_text(kind, x, below, TEXT, _words(line)))
    return "".join(parts)


def _rectangle(kind: str, left: float, top: float, width: float, height: float) -> str:
    sizes = f'width="{SCALE * width:.1f}" height="{SCALE * height:.1f}"'
    return f'<rect class="{kind}" x="{SCALE * left:.1f}" y="{-SCALE * top:.1f}" {sizes} rx="6"/>'


def _text(kind: str, x: float, y: float, points: float, content: str) -> str:
    size = f'font-size="{POINT * points:.1f}"'
    return f'<text class="{kind}" x="{SCALE * x:.1f}" y="{-SCALE * y:.1f}" {size}>{content}</text>'


def _words(line: str) -> str:
    return text(line.replace(r"\$", "$"))  # which is escaped for matplotlib


def _at(x: float, y: float) -> str:
    return f"{SCALE * x:.1f} {-SCALE * y:.1f}"
