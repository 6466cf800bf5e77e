"""Texts that a network continues."""

from itertools import islice

import numpy as np
import pytest

from tests.helpers.runs import TINY, make_run
from trainer import load
from trainer.datasets import DataError
from trainer.runs.sampling import _drawn, continued

STORY = "the cat sat on the mat.\n" * 20


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    (folder / "story.txt").write_text(STORY)
    overrides = ("model=char_mlp", "data=text", f"data.file={folder / 'story.txt'}", "data.context=8")
    return load(make_run(folder / "run", *overrides))


def test_the_likeliest_character_follows_at_temperature_0(network):
    text = "the "
    for character in continued(network, text, 20, temperature=0):
        chances = network.predict(text)[0]
        assert character == network.dataset.vocabulary[1 + chances[1:].argmax()]
        text += character


def test_only_the_end_of_a_long_prompt_is_seen(network):
    def text(prompt):
        return "".join(continued(network, prompt, 20, seed=3))

    assert text("a cat sat on the mat") == text("on the mat") != text("ttt ...\n")


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_characters_are_drawn_by_their_probabilities(temperature):
    rng, probabilities = np.random.default_rng(0), np.array([0.1, 0.2, 0.3, 0.0])
    drawn = np.bincount([_drawn(probabilities, temperature, rng) for _ in range(4000)], minlength=4) / 4000
    expected = probabilities ** (1 / temperature)
    np.testing.assert_allclose(drawn, expected / expected.sum(), atol=0.03)


def test_temperatures_near_0_take_the_likeliest():
    assert _drawn(np.array([0.0, 1e-30, 1e-20]), 1e-300, np.random.default_rng(0)) == 2
    assert _drawn(np.array([1.0]), 0.8, np.random.default_rng(0)) == 0


def test_what_cannot_be_continued(network, tmp_path):
    with pytest.raises(ValueError, match=r"temperature"):
        next(continued(network, temperature=-0.1))
    with pytest.raises(DataError, match=r"was trained on digits, not on a text; give files to predict"):
        next(continued(load(make_run(tmp_path, *TINY))))
    assert _drawn(np.array([0.1, np.nan]), 1.0, np.random.default_rng(0)) is None


def test_it_comes_one_by_one(network):
    assert len(list(islice(continued(network, length=10**9), 3))) == 3
