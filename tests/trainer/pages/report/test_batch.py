"""The first examples that a network saw."""

from trainer.datasets import batches
from trainer.ground.streams import stream
from trainer.pages.report.batch import batch


def test_they_are_those_of_the_first_step(digits):
    train = digits.predictions.splits.train
    first = next(iter(batches(len(train), digits.config["batch_size"], stream(digits.config["seed"], "shuffle 0"))))
    labels = [item["true"] for item in batch(digits).data["batch"]["items"]]
    assert labels == [digits.classes[label] for label in train.targets[first[:16]]]


def test_of_a_table_the_numbers_that_reach_the_network(prices):
    body = batch(prices).body
    assert "area=(missing)" in body
    assert body.count("<tr>") == 17
