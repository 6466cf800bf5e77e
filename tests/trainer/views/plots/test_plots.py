"""Every file in the folder is a picture."""

from trainer.views import plots


def test_each_says_what_it_shows_and_can_be_drawn():
    assert {"confusion_matrix", "curves"} <= {*plots.names()}
    for name in plots.names():
        assert callable(plots.find(name).draw)
        assert 10 < len(plots.describe(name)) < 100
