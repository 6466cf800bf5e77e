"""plots/curves.png: when it is drawn."""

import pytest

from trainer.training.callbacks import Curves


@pytest.fixture
def clock(monkeypatch):
    """A clock set by hand."""
    now = [0.0]
    monkeypatch.setattr("trainer.training.callbacks.curves.monotonic", lambda: now[0])
    return now


def test_redrawn_at_most_every_few_seconds_and_at_the_end(watch, clock):
    watched = watch(Curves(seconds=5), epochs=4)
    path = watched.run.directory / "plots" / "curves.png"
    watched.start()
    watched.epoch()
    assert not path.exists()

    clock[0] = 6
    watched.epoch()
    first = path.read_bytes()
    assert first.startswith(b"\x89PNG")

    clock[0] = 8
    watched.epoch()
    assert path.read_bytes() == first

    watched.run.best = {"epoch": 3, "val_loss": 0.25, "val_accuracy": 0.82}
    watched.end()
    assert path.read_bytes() != first
    assert [file.name for file in path.parent.iterdir()] == ["curves.png"]


def test_a_run_without_an_epoch_has_no_curves(watch):
    watched = watch(Curves())
    watched.start()
    watched.end("failed", "no data")
    assert not (watched.run.directory / "plots").exists()


def test_where_it_cannot_be_drawn_a_line_says_so(watch, clock, caplog):
    watched = watch(Curves(seconds=5), epochs=4)
    (watched.run.directory / "plots").touch()
    watched.start()
    clock[0] = 6
    watched.epoch()
    watched.end()
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [f"warning: not drawn: {watched.run.directory}/plots/curves.png: File exists"] * 2


def test_options_out_of_range_are_named():
    with pytest.raises(ValueError, match="seconds: -1"):
        Curves(seconds=-1)
