"""The film of the boundary."""

import pytest
from PIL import Image

from trainer.views.plots.film import draw
from trainer.views.subject import Subject, UnsuitableError


@pytest.mark.slow
def test_a_frame_for_each_epoch_and_one_before_them(spirals, tmp_path):
    draw(spirals).write(tmp_path / "film.gif")
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 4


def test_without_weights_the_remedy_is_said(sine):
    with pytest.raises(UnsuitableError, match=r"trainer train --like .* '\+callbacks.snapshots="):
        draw(Subject(sine.run))
