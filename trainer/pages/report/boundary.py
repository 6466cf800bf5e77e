"""What the network says everywhere in the plane of which its inputs are points."""

from __future__ import annotations

import numpy as np

from trainer.pages.pictures import png
from trainer.pages.report.charts import thinned
from trainer.pages.report.facts import Facts
from trainer.pages.report.predictions import Predictions, examples_in_time
from trainer.pages.report.section import Section, clip, number, text
from trainer.problems import Classification
from trainer.views.plots.boundary import limits
from trainer.views.style import PALETTE

WIDTH, HEIGHT = 600, 420
COARSE = 3  # pixels along each side of which the network is asked once
MOST_POINTS = 500
MOST_CLASSES = len(PALETTE) - 1  # its last colour would not be seen on dark paper
PALE, DEEP = 30, 110  # how opaque a region is where the network is unsure and where it is sure, of 255
LINE = (128, 128, 128, 255)  # between regions; it suits light and dark


def boundary(facts: Facts) -> Section | None:
    """Return the regions of the classes, with examples; None where the inputs are not points of a plane."""
    found = facts.predictions
    across, up = WIDTH // COARSE, HEIGHT // COARSE
    if found is None or not _in_plane(found) or across * up > examples_in_time(found.network):
        return None
    chosen = np.array(thinned(range(len(found.targets)), MOST_POINTS))
    points = found.read(chosen, next(iter(found.dataset.inputs))).astype(np.float64)
    (left, right), (low, high) = limits(points[:, 0]), limits(points[:, 1])
    x = left + (right - left) * (np.arange(across) + 0.5) / across
    y = high - (high - low) * (np.arange(up) + 0.5) / up
    places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)
    p = found.network.predict(places).reshape(up, across, -1)
    at = np.stack([WIDTH * (points[:, 0] - left) / (right - left), HEIGHT * (high - points[:, 1]) / (high - low)])
    names = [clip(name, 30) for name in facts.classes]
    keys = " ".join(f'<span style="color:{PALETTE[k]}">●</span> {text(name)}' for k, name in enumerate(names))
    intro = (
        f"The colour of a place is that of the likeliest class, the paler the less sure the network is. Points are "
        f"{len(chosen):,} examples of the {found.split}; a thick edge marks a mistake. Across: input 0, from "
        f"{number(left, 3)} to {number(right, 3)}. Up: input 1, from {number(low, 3)} to {number(high, 3)}."
    )
    svg = (
        f'<svg class="plane" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Regions of the classes">'
        f'<image href="{png(_regions(p))}" width="{WIDTH}" height="{HEIGHT}" preserveAspectRatio="none"/>'
        f"{_points(found, chosen, at.T, names)}</svg>"
    )
    return Section("boundary", "Decision boundary", f'<p class="faint">{text(intro)}</p><p>{keys}</p>{svg}')


def _in_plane(found: Predictions) -> bool:
    fields = [*found.dataset.inputs.values()]
    plane = len(fields) == 1 and fields[0].shape == (2,) and np.dtype(fields[0].dtype).kind == "f"
    return plane and isinstance(found.problem, Classification) and found.outputs.shape[1] <= MOST_CLASSES


def _regions(p: np.ndarray) -> np.ndarray:
    """Return pixels (H, W, 4) uint8 for the probabilities (H, W, K) of classes."""
    best, chance = p.argmax(axis=-1), 1 / p.shape[-1]
    colours = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in PALETTE], np.uint8)
    pixels = np.empty((*best.shape, 4), np.uint8)
    pixels[..., :3] = colours[best]
    pixels[..., 3] = PALE + (DEEP - PALE) * np.clip(np.nan_to_num((p.max(axis=-1) - chance) / (1 - chance)), 0, 1)
    pixels[:, 1:][best[:, 1:] != best[:, :-1]] = LINE
    pixels[1:][best[1:] != best[:-1]] = LINE
    return pixels


def _points(found: Predictions, chosen: np.ndarray, at: np.ndarray, names: list[str]) -> str:
    """Return a circle for each of the `chosen` examples, at its place (n, 2), mistakes above the others."""
    circles: tuple[list[str], list[str]] = ([], [])
    for (x, y), index in zip(at, chosen, strict=True):
        label, guess = int(found.labels[index]), int(found.predicted[index])
        title = f"example {found.numbers[index]}: {names[label]}, predicted {names[guess]}"
        look = f'fill="{PALETTE[label]}"' + (' class="wrong"' if label != guess else "")
        circles[label != guess].append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" {look}><title>{text(title)}</title></circle>'
        )
    return "".join(circles[0] + circles[1])
