"""Moving pictures."""

import pytest
from PIL import Image

from trainer.views import style
from trainer.views.film import Film


def test_frames_follow_each_other_and_the_last_stays(tmp_path):
    def frames():
        for value in range(4):
            figure = style.new_figure(1, 1)
            figure.add_subplot().plot([0, value])
            yield figure

    Film(frames()).write(tmp_path / "film.gif")
    with Image.open(tmp_path / "film.gif") as film:
        assert (film.n_frames, film.size, film.info["loop"]) == (4, (150, 150), 0)
        durations = []
        for frame in range(4):
            film.seek(frame)
            durations.append(film.info["duration"])
    assert durations[-1] > 5 * durations[0]
    assert durations[0] == durations[1]


def test_a_film_of_nothing_is_refused(tmp_path):
    with pytest.raises(ValueError, match="not enough values"):
        Film([]).write(tmp_path / "film.gif")
