"""The base class and the shipped set of callbacks."""

import importlib

import yaml

from trainer import CONFIGS
from trainer.training.callbacks import Callback

DEFAULT = CONFIGS / "callbacks" / "default.yaml"


def test_every_event_is_optional(watch):
    watched = watch(Callback())
    watched.start()
    watched.batch(50)
    watched.epoch()
    watched.end()


def test_the_shipped_callbacks_follow_a_run_together(tmp_path, watch):
    callbacks = []
    for spec in yaml.safe_load(DEFAULT.read_text()).values():
        module, name = spec.pop("_target_").rsplit(".", 1)
        callbacks.append(getattr(importlib.import_module(module), name)(**spec))
    assert all(isinstance(callback, Callback) for callback in callbacks)

    watched = [watch(callback) for callback in callbacks]
    for one in watched:
        one.start()
        one.epoch()
        one.end()
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {"metrics.csv", "plots/curves.png", "result.json", "checkpoints/last.safetensors"}
