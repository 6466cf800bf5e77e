"""The look all pictures share, applied figure by figure: no pyplot, no global settings, matplotlib on first use."""

from __future__ import annotations

import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.ground.files import replacing
from trainer.views import fonts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from matplotlib.text import Text

# An opaque background reads the same on light and dark pages.
PAPER = "#ffffff"
INK = "#1f2328"
FAINT = "#59636e"
GRID = "#e4e8ec"
TRAIN = "#8c959f"
VALIDATION = "#0969da"
BEST = "#d1570b"
FAILED = "#cf222e"
REST = "#c9d1d9"  # what is there but does not matter
# Most are from the palette of Okabe & Ito, which colour-blind people can tell apart.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8250df", "#1f2328")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p", "<", ">", "h", "*")
HEAT = ("#ffffff", "#b6dcfe", "#3a8ee6", "#0a3069")  # light to dark, for colour maps
WRONG = ("#ffffff", "#fdd3b0", "#e8762c", "#7a2e00")  # the same, of mistakes

SPACE, BREAKS = "␣", {"\n": "⏎", "\t": "⇥"}  # as they are drawn

DPI = 150
FORMATS = ("png", "svg", "pdf")
TITLE, SUBTITLE = 12, 9.5  # points
LINE = 1.3  # of a text's size, the height of its lines
EDGE = 0.12  # inches around a title
LEFT, RIGHT, BOTTOM, TOP = 0.75, 0.15, 0.55, 0.45  # inches around a panel; the left margin has room for numbers


def new_figure(width: float, height: float, columns: int | None = None) -> Figure:
    """Return an empty figure of width × height inches that renders without a display.

    Args:
        width, height: In inches.
        columns: How many panels of one size are side by side, so that their margins are known; None: matplotlib fits
            the margins to what is drawn, which doubles the time.
    """
    load_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, facecolor=PAPER)
    FigureCanvasAgg(figure)
    if columns is None:
        figure.set_layout_engine("constrained", w_pad=0.1, h_pad=0.1, wspace=0.04)
    else:
        panel = (width - RIGHT) / columns - LEFT
        margins = {"left": LEFT / width, "right": 1 - RIGHT / width}
        figure.subplots_adjust(**margins, bottom=BOTTOM / height, top=1 - TOP / height, wspace=LEFT / panel)
    return figure


@cache
def load_matplotlib() -> None:
    """Import matplotlib without the backend that the environment names: pictures are only written to files.

    The environment may be a notebook's, whose backend may be missing here. matplotlib's messages about its own folders
    are silenced.
    """
    if "matplotlib" in sys.modules:
        return
    logger = logging.getLogger("matplotlib")
    level, backend = logger.level, os.environ.pop("MPLBACKEND", "")
    logger.setLevel(logging.ERROR)
    try:
        import matplotlib.figure
    finally:
        logger.setLevel(level)
        if backend:
            os.environ["MPLBACKEND"] = backend
    if backend:
        with suppress(ValueError):  # as matplotlib itself does, for its other users
            matplotlib.rcParams["backend"] = backend


def side_legend(figure: Figure, entries: Sequence[tuple[object, str]], title: str = "") -> None:
    """Put a legend of (handle, label) to the right of a figure, which grows by it; matplotlib must fit its margins."""
    if not entries:
        return
    handles, labels = zip(*entries, strict=True)
    before = figure.get_figwidth()
    legend = figure.legend(
        handles, labels, title=title or None, loc="upper left", bbox_to_anchor=(0.0, 1.0), alignment="left",
        frameon=False, fontsize=9, title_fontsize=9, labelcolor=INK, handlelength=1.4,
    )  # fmt: skip
    legend.set_in_layout(False)
    fonts.choose(legend)
    needed = legend.get_window_extent(figure.canvas.get_renderer())
    width = before + needed.width / figure.dpi + EDGE
    figure.set_size_inches(width, max(figure.get_figheight(), needed.height / figure.dpi + EDGE))
    figure.get_layout_engine().set(rect=(0, 0, before / width, 1))
    legend.set_bbox_to_anchor((before / width, 1.0))


def headline(figure: Figure, title: str, subtitle: str = "") -> None:
    """Put a title above a figure, which grows by it: at the upper left, wrapped so that nothing is cut.

    Call it before any axes are added or, where matplotlib fits the margins, at the end.
    """
    before, lines = figure.get_figheight(), []
    for text, size, weight, colour in ((title, TITLE, "bold", INK), (subtitle, SUBTITLE, "normal", FAINT)):
        if text:
            written = figure.text(EDGE / figure.get_figwidth(), 0, "", fontsize=size, fontweight=weight, color=colour)
            written.set_verticalalignment("top")
            _wrap(figure, written, plain(text))
            lines.append(written)
    heights = [float(line.get_fontsize()) * LINE / 72 * (line.get_text().count("\n") + 1) for line in lines]
    grown = before + EDGE + sum(heights) if lines else before
    figure.set_figheight(grown)
    top = grown - EDGE
    for line, height in zip(lines, heights, strict=True):
        line.set_y(top / grown)
        top -= height
    engine, margins = figure.get_layout_engine(), figure.subplotpars
    if engine is None:
        figure.subplots_adjust(bottom=margins.bottom * before / grown, top=margins.top * before / grown)
    elif "rect" in engine.get():
        engine.set(rect=(0, 0, engine.get()["rect"][2], before / grown))
        for legend in figure.legends:
            legend.set_bbox_to_anchor((engine.get()["rect"][2], before / grown))


def _wrap(figure: Figure, written: Text, text: str) -> None:
    """Give a text of the figure its words, in as many lines as its width asks for."""
    width, renderer = figure.bbox.width - 2 * EDGE * figure.dpi, figure.canvas.get_renderer()
    lines: list[str] = []
    written.set_text(text)
    fonts.choose(written)
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        written.set_text(longer)
        if lines and written.get_window_extent(renderer).width <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    written.set_text("\n".join(lines))


def plain(text: str, most: int | None = None) -> str:
    """Return a text that matplotlib can draw and does not take for mathematics.

    It is one line of at most `most` characters. Line breaks, and spaces where there is nothing else, become visible; a
    character that no font has becomes a box.
    """
    seen = text if text.strip(" ") else SPACE * len(text)
    printable = fonts.drawable("".join(c if c.isprintable() else BREAKS.get(c, "·") for c in seen))
    cut = printable if most is None or len(printable) <= most else printable[: most - 1] + "…"
    return cut.replace("$", r"\$")


def shortened(names: Sequence[str], most: int) -> list[str]:
    """Return names as `plain` does; long ones that begin alike are cut in their middle, so that they differ."""
    cut, half = [plain(name, most) for name in names], most // 2
    alike = Counter(plain(name, most) for name in {*names})
    return [
        plain(f"{name[:half]}…{name[half + 1 - most :]}") if alike[each] > 1 else each
        for name, each in zip(names, cut, strict=True)
    ]


def colour_map(ramp: Sequence[str]) -> Colormap:
    """Return a continuous colour map through these colours; where there is no value, nothing is drawn."""
    load_matplotlib()
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("ramp", ramp)


def colours(names: Iterable[str]) -> dict[str, str]:
    """Return the colour of each name: the same in every picture, as far as its colour is free there.

    No two of up to eight names have the same colour.
    """
    found: dict[str, str] = {}
    for name in sorted(set(names)):
        digest = blake2b(name.encode("utf-8", "surrogateescape"), digest_size=4).digest()
        first = int.from_bytes(digest, "big") % len(PALETTE)
        turned = PALETTE[first:] + PALETTE[:first]
        found[name] = next((colour for colour in turned if colour not in found.values()), turned[0])
    return found


def style_axes(axes: Axes, title: str, grid: bool = True, beneath: float = 0.0) -> None:
    """Give axes a title on the left, quiet ticks, no box, and on demand a grid behind the data.

    `beneath` is the room beneath the title, in inches.
    """
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", color=INK, pad=10 + 72 * beneath)
    axes.tick_params(which="both", length=0, labelsize=9, labelcolor=FAINT, pad=6)
    axes.xaxis.label.set(fontsize=9, color=FAINT)
    axes.yaxis.label.set(fontsize=9, color=FAINT)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(color=GRID, linewidth=0.8)


def save(figure: Figure, path: Path) -> None:
    """Write the figure as PNG, SVG or PDF, as its suffix says; a file already there is replaced whole.

    Its folder is made if it is missing. The same picture gives the same bytes.
    """
    path.parent.mkdir(exist_ok=True)
    fonts.choose(figure)
    with replacing(path) as temporary:
        if path.suffix in (".svg", ".pdf"):
            _save_vectors(figure, temporary, path.suffix[1:])
        else:
            figure.canvas.print_png(temporary)  # savefig draws twice


def _save_vectors(figure: Figure, path: Path, kind: str) -> None:
    import matplotlib

    date = {"svg": "Date", "pdf": "CreationDate"}[kind]
    with matplotlib.rc_context({"svg.hashsalt": "trainer"}):  # no other way to have the same names of its parts
        figure.savefig(path, format=kind, metadata={date: None})


def drawn(draw: Callable[[], Figure], path: Path) -> str:
    """Draw and save a picture. If that fails, return a warning that says why; no figures are lost."""
    try:
        save(draw(), path)
    except (OSError, MemoryError, ImportError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
        return f"warning: not drawn: {path}: {reason}"
    return ""
