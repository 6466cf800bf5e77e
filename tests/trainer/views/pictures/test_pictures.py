"""Every file in the folder is a picture."""

from trainer.views import pictures


def test_each_says_what_it_shows_and_can_be_drawn():
    assert {"confusion_matrix", "curves"} <= {*pictures.names()}
    for name in pictures.names():
        assert callable(pictures.find(name).draw)
        assert 10 < len(pictures.describe(name)) < 100
