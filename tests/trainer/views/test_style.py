"""Saving pictures, and that importing the drawing code stays cheap."""

import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest

from tests.helpers.figures import assert_readable
from trainer.views import save, style
from trainer.views.style import new_figure


def test_save_creates_the_folder_and_replaces_the_picture(tmp_path):
    path = tmp_path / "plots" / "x.png"
    save(new_figure(1, 1), path)
    small = path.read_bytes()
    save(new_figure(2, 2), path)
    assert small.startswith(b"\x89PNG")
    assert path.read_bytes() != small
    assert [file.name for file in path.parent.iterdir()] == ["x.png"]


def test_a_failed_save_keeps_the_old_picture(tmp_path):
    path = tmp_path / "x.png"
    path.write_bytes(b"old")

    def fail(target):
        target.write_bytes(b"half")
        raise OSError("disk full")

    figure = new_figure(1, 1)
    figure.canvas.print_png = fail
    with pytest.raises(OSError, match="disk full"):
        save(figure, path)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["x.png"]


@pytest.mark.process
def test_matplotlib_is_imported_on_first_use_only():
    code = "import sys, trainer.training.callbacks, trainer.views; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# How people without one kind of cones see linear RGB (Machado, Oliveira & Fernandes 2009), and everybody else.
SEEN = {
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
    "all cones": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
}


def lab(colour: str, seen: str) -> np.ndarray:
    """CIELAB of a colour as it is seen; a distance of 2 is just noticed, one of 10 is seen at a glance."""
    rgb = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    rgb = np.clip(np.array(SEEN[seen]) @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb
    f = np.cbrt(xyz / [0.95047, 1, 1.08883])
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize(
    "colours", [style.PALETTE, (style.TRAIN, style.VALIDATION, style.BEST), (style.HEAT[2], style.WRONG[2])]
)
def test_colours_are_told_apart_by_everybody(colours, seen):
    for one, other in combinations(colours, 2):
        assert np.linalg.norm(lab(one, seen) - lab(other, seen)) > 15, (one, other)


def test_a_ramp_gets_darker_all_the_way():
    for ramp in (style.HEAT, style.WRONG):
        lightness = [lab(colour, "deuteranopia")[0] for colour in ramp]
        assert lightness == sorted(lightness, reverse=True)


def test_a_name_has_one_colour_and_no_other_name_has_it():
    names = [f"lr={10.0**-k:g}, model=m{k}" for k in range(8)]
    found = style.colours(names)
    assert {*found.values()} == {*style.PALETTE}
    assert style.colours(reversed(names)) == found
    assert len(style.colours([*names, "one more"])) == 9


def test_a_title_is_wrapped_and_the_figure_grows_by_it():
    figure = style.new_figure(3, 2)
    style.headline(figure, "a network with a long name on long data", "what it reached " * 5)
    figure.add_subplot().set_title("panel")
    assert figure.get_figheight() > 2.5
    assert figure.texts[0].get_text().count("\n") == 1
    assert_readable(figure)


def test_a_legend_beside_the_panels_does_not_touch_them():
    figure = style.new_figure(3, 1)
    (line,) = figure.add_subplot().plot([1, 2])
    style.side_legend(figure, [(line, f"a setting with a long name {k}") for k in range(9)], "best first")
    style.headline(figure, "a title")
    assert_readable(figure)
    renderer = figure.canvas.get_renderer()
    legend, panel = (each.get_window_extent(renderer) for each in (figure.legends[0], figure.axes[0]))
    assert panel.x1 <= legend.x0


@pytest.mark.parametrize(("ending", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_every_format_is_written_the_same_each_time(ending, begins, tmp_path):
    written = []
    for name in ("one", "other"):
        figure = style.new_figure(2, 2)
        figure.add_subplot().plot([1, 2], label="a")
        style.save(figure, tmp_path / f"{name}.{ending}")
        written.append((tmp_path / f"{name}.{ending}").read_bytes())
    assert written[0].startswith(begins)
    assert written[0] == written[1]


def test_text_of_strangers_is_text():
    assert style.plain("a $x$ b\nc") == r"a \$x\$ b⏎c"
    assert style.plain("abcdef", 4) == "abc…"


def test_names_that_begin_alike_stay_apart():
    names = ["a very long name, first", "a very long name, second", "a very long name, first", "another long name", "x"]
    assert style.shortened(names, 13) == ["a very… first", "a very…second", "a very… first", "another long…", "x"]
