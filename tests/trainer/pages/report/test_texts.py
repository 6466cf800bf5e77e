"""What a network writes, epoch by epoch and at the end, and what a text surprises it with."""

from dataclasses import replace

from trainer.pages.report.texts import texts
from trainer.runs.continuations import Continuation


def test_samples_and_surprises(writer):
    section = texts(writer)
    assert section.body.count("<pre>") == 4
    assert section.body.count('title="') == min(600, len(writer.predictions.splits.test))
    first, last = section.data["continuations"]
    assert first["epoch"] == "before the training"
    assert last["epoch"].startswith("epoch 1, validation perplexity ")
    written = writer.continuations[-1]
    assert (last["prompt"], last["text"]) == (written.prompt, written.text)


def test_while_it_runs_there_is_what_it_has_written_so_far(writer):
    many = [Continuation(epoch, "to be", f" or \x1b{epoch}\n\t") for epoch in range(2000)]
    section = texts(replace(writer, status="running", continuations=many))
    assert (section.body.count("<pre>"), section.body.count('title="')) == (1, 0)
    steps = section.data["continuations"]
    assert (len(steps), steps[-1]["epoch"], steps[-1]["text"]) == (300, "epoch 1999", " or \\x1b1999\n\t")


def test_pictures_write_nothing(digits):
    assert texts(digits) is None
