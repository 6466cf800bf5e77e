"""What every layer makes of one picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from trainer.problems import Classification
from trainer.views import style
from trainer.views.mosaic import as_pictures, mosaic
from trainer.views.subject import UnsuitableError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trainer.views.subject import Subject

MOST_LAYERS, MOST_MAPS = 10, 12


def draw(subject: Subject) -> Figure:
    name, count = subject.pictures, len(subject.measured.examples)
    if subject.example >= count:
        raise UnsuitableError(f"there are {count:,} {subject.measured.split} examples; choose --example below that")
    indices = np.array([subject.example])
    maps = {layer: found[0] for layer, found in subject.activations(indices).items()}
    maps = {layer: found for layer, found in maps.items() if found.ndim == 3 and found[0].size > 1}
    if not maps:
        raise UnsuitableError("no layer makes maps")
    picture = as_pictures(subject.read(indices, name))[0]
    found, network = subject.measured, subject.network
    what = f"{found.split} example {subject.example}"
    if isinstance(network.problem, Classification):
        outputs = found.outputs[indices]
        predicted, p = int(network.problem.predictions(outputs)[0]), network.probabilities(outputs)[0]
        target = found.targets[subject.example]
        true = int(target if target.ndim == 0 else target.argmax())
        what += f": {network.classes[true]}, taken for {network.classes[predicted]} ({p[predicted]:.0%})"
    return draw_feature_maps(picture, maps, subject.title, what)


def draw_feature_maps(picture: np.ndarray, maps: Mapping[str, np.ndarray], title: str = "", what: str = "") -> Figure:
    """Draw a row of maps for each layer, beneath the picture that they come from.

    Grey levels go from the smallest to the largest value of each layer.

    Args:
        picture: (H, W) or (H, W, 3), in [0, 1].
        maps: (C, H, W) of each layer, in order.
        title: Names the run.
        what: Says which example it is.
    """
    names = [*maps]
    if len(names) > MOST_LAYERS:  # evenly spread, with the first and the last
        names = [names[round(place)] for place in np.linspace(0, len(names) - 1, MOST_LAYERS)]
    across = max(min(MOST_MAPS, len(maps[name])) for name in names)
    rows = len(names) + 1
    cell = min(0.72, 8.6 / across)
    label = 0.075 * max(len(name) for name in [*names, "input"]) + 0.5
    figure = style.new_figure(max(5.2, label + cell * across + 0.12), (cell + 0.08) * rows + 0.2)
    figure.set_layout_engine("none")
    height = figure.get_figheight()
    style.headline(figure, title, what)
    width, grown = figure.get_figwidth(), figure.get_figheight()
    grey = style.colour_map(("#000000", "#ffffff"))
    for row, name in enumerate(["input", *names]):
        low = (height - 0.1 - (cell + 0.08) * (row + 1) + 0.08) / grown
        shown = [picture] if name == "input" else maps[name][:MOST_MAPS]
        axes = figure.add_axes((label / width, low, cell * len(shown) / width, cell / grown))
        axes.set_axis_off()
        image = picture if name == "input" else mosaic(np.asarray(shown, np.float64), len(shown))
        axes.imshow(image, cmap=grey, aspect="auto" if name != "input" else "equal", interpolation="nearest")
        size = f"{len(maps[name])} @ {maps[name].shape[1]}×{maps[name].shape[2]}" if name != "input" else ""
        middle = low + cell / grown / 2
        above = {"va": "bottom" if size else "center", "color": style.INK}
        figure.text(0.12 / width, middle, style.plain(name), fontsize=9, **above)
        figure.text(0.12 / width, middle, size, fontsize=8, color=style.FAINT, va="top")
    return figure
