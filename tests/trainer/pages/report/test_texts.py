"""Samples, and what a text surprises with."""

from trainer.pages.report.texts import texts


def test_samples_and_surprises(writer):
    body = texts(writer).body
    assert body.count("<pre>") == 3
    assert body.count('title="') == min(600, len(writer.predictions.splits.test))


def test_pictures_write_nothing(digits):
    assert texts(digits) is None
