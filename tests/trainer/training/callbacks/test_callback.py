"""The base class and the shipped set of callbacks."""

from tests.helpers.runs import composed
from trainer.training.callbacks import Callback
from trainer.training.callbacks.make import make_callbacks


def test_every_event_is_optional(watch):
    watched = watch(Callback())
    watched.start()
    watched.batch(50)
    watched.epoch()
    watched.end()


def test_the_shipped_callbacks_follow_a_run_together(tmp_path, watch):
    watched = [watch(callback) for callback in make_callbacks(composed())]
    for one in watched:
        one.start()
        one.epoch()
        one.end()
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    pictures = {"plots/curves.png", "report.html"}
    assert files == {"metrics.csv", "layers.csv", "result.json", "checkpoints/last.safetensors"} | pictures
