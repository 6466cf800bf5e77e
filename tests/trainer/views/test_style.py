"""Saving pictures, and that importing the drawing code stays cheap."""

import subprocess
import sys

import pytest

from trainer.views import save
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
