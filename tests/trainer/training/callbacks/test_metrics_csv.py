"""metrics.csv: columns, exact text, whole rows, resumed runs."""

import csv
import hashlib

import numpy as np

from trainer.runs.history import Written
from trainer.training.callbacks import MetricsCsv

COLUMNS = "epoch,train_loss,train_accuracy,val_loss,val_accuracy,lr,seconds,samples_per_second"


def start(watch, **options):
    watched = watch(MetricsCsv(), **options)
    watched.start()
    return watched, watched.run.directory / "metrics.csv"


def test_one_row_per_epoch_as_soon_as_it_ends(watch):
    watched, path = start(watch)
    for epoch in (1, 2, 3):
        watched.epoch()
        lines = path.read_text().splitlines()
        assert lines[0] == COLUMNS
        assert len(lines) == 1 + epoch


def test_metrics_read_back_exactly_and_timings_rounded(watch):
    watched, path = start(watch)
    written = watched.epoch()
    with path.open() as file:
        (read,) = csv.DictReader(file)
    for name in ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "lr"):
        assert float(read[name]) == written[name]
    assert (read["epoch"], read["seconds"], read["samples_per_second"]) == ("1", "1.235", "41234.6")


def test_numpy_scalars_are_written_as_plain_numbers(watch):
    watched, path = start(watch)
    watched.epoch(train_loss=np.float64(0.1), val_loss=np.float32(0.5))
    line = path.read_text().splitlines()[1]
    assert line.startswith("1,0.1,0.81,0.5,")


def test_a_task_without_accuracy_has_no_such_columns(watch):
    watched, path = start(watch)
    watched.epoch(train_accuracy=None, val_accuracy=None)
    watched.epoch(train_accuracy=None, val_accuracy=None)
    lines = path.read_text().splitlines()
    assert lines[0] == "epoch,train_loss,val_loss,lr,seconds,samples_per_second"
    assert all(line.count(",") == 5 for line in lines)


def test_losses_that_are_not_finite_are_told(watch):
    watched, path = start(watch)
    watched.epoch(train_loss=float("nan"), val_loss=float("inf"))
    line = path.read_text().splitlines()[1]
    assert line.startswith("1,nan,0.81,inf,")


def test_a_resumed_run_equals_an_uninterrupted_one(watch):
    watched, path = start(watch, epochs=4)
    for _ in range(4):
        watched.epoch()
    whole = path.read_bytes()

    # Killed within epoch 4's row, the last checkpoint after epoch 2.
    path.write_bytes(whole[:-20])
    resumed = watch(MetricsCsv(), epochs=4)
    resumed.run.history = watched.run.history[:2]
    resumed.run.epoch = 2
    resumed.start()
    assert path.read_bytes() == b"".join(whole.splitlines(keepends=True)[:3])
    resumed.epoch()
    resumed.epoch()
    assert path.read_bytes() == whole


def test_it_says_what_the_file_holds(watch):
    watched, path = start(watch)
    for rows in (1, 2):
        watched.epoch()
        content = path.read_bytes()
        assert watched.run.written == Written(rows, len(content), hashlib.sha256(content).hexdigest())


def test_a_value_without_a_column_is_not_in_the_file(watch):
    watched, _ = start(watch)
    watched.epoch(val_accuracy=None)
    watched.epoch()
    watched.epoch(val_accuracy=None)
    assert watched.run.written.rows == 1
