"""The examples that fill no step, left out or not."""

import csv

import pytest

from tests.helpers.training import At, assert_same_run, resumed, small_config, train
from trainer.ground.errors import ConfigError
from trainer.training.plan import steps_per_epoch


class Steps(At):
    """Keeps how many examples each step had, and of how many the progress told."""

    def __init__(self):
        self.sizes, self.totals, self._before = [], set(), 0

    def on_batch_end(self, run):
        self.sizes.append(run.progress.examples - self._before)
        self.totals.add(run.progress.total_examples)
        self._before = run.progress.examples

    def on_epoch_end(self, run, row):
        self._before = 0


@pytest.mark.parametrize(
    ("overrides", "sizes"),
    [
        ((), [300, 300, 300, 300, 93]),
        (("drop_last=true",), [300, 300, 300, 300]),
        (("drop_last=true", "accumulate=3"), [900]),
        (("drop_last=true", "limit.train=600"), [300, 300]),
    ],
)
def test_how_many_examples_a_step_has(tmp_path, overrides, sizes):
    steps = Steps()
    result = train(small_config("epochs=2", *overrides), tmp_path / "run", steps)
    assert steps.sizes == sizes * 2
    assert steps.totals == {sum(sizes)}
    assert result["epochs"] == 2


def test_the_schedule_ends_with_the_last_step(tmp_path):
    train(small_config("drop_last=true", "schedule=one_cycle"), tmp_path / "run")
    with (tmp_path / "run" / "metrics.csv").open() as file:
        last = [float(row["lr"]) for row in csv.DictReader(file)][-1]
    assert last == pytest.approx(1.2e-8, rel=1e-3)


def test_a_resumed_run_goes_on_with_it(tmp_path):
    config = small_config("drop_last=true")
    train(config, tmp_path / "whole")
    train(config, tmp_path / "parts", At(6, lambda run: run.stop("stopped by the test")))
    with pytest.raises(ConfigError, match="cannot be false in a run that began with true"):
        resumed(config | {"drop_last": False}, tmp_path / "parts")
    resumed(config, tmp_path / "parts")
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_too_few_examples_for_a_step():
    config = small_config("drop_last=true", "batch_size=300", "accumulate=2")
    assert steps_per_epoch(config, 600) == 1
    with pytest.raises(ConfigError, match="599 training examples do not fill a step of 600; lower batch_size"):
        steps_per_epoch(config, 599)
