"""What a configuration wants measured."""

from types import SimpleNamespace

import pytest

from trainer.engine.metrics import request_metrics
from trainer.ground.errors import ConfigError

CONFIG = {
    "loss": {"_target_": None},
    "metrics": ["f1"],
    "objective": "best_val_auc",
    "schedule": {"monitor": "val_recall"},
    "callbacks": {"stopping": {"monitor": "val_loss"}, "curves": None, "wrong": ["val_f1"]},
}


def test_what_is_named_or_watched_is_asked_for():
    asked, known = [], []
    request_metrics(SimpleNamespace(optional=("auc", "recall"), ask=asked.extend, learns_by=known.append), CONFIG)
    assert asked == ["f1", "auc", "recall"]
    assert known == [CONFIG["loss"]]


def test_a_figure_that_the_problem_has_not():
    def refuse(names):
        raise ValueError("metrics: no such figure")

    with pytest.raises(ConfigError, match=r"^no such figure$") as caught:
        request_metrics(SimpleNamespace(optional=(), ask=refuse, learns_by=dict), CONFIG)
    assert caught.value.key == "metrics"
