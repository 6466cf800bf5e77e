"""For a text: what the network wrote after each epoch, what it writes now, and what it expects of a text."""

from __future__ import annotations

import numpy as np

from trainer.datasets import Text
from trainer.ground.text import printable
from trainer.pages.report.examples import visible
from trainer.pages.report.facts import Facts
from trainer.pages.report.predictions import Predictions, examples_in_time, inputs_of
from trainer.pages.report.section import Section, number, percent, text
from trainer.runs.sampling import continued

LENGTH = 200  # characters of a sample
READ = 600  # characters whose probabilities are shown
TEMPERATURES = (0.5, 0.8, 1.0)
MOST_BITS = 8.0  # of surprise, −log₂ p: the strongest colour
LEAST = 1e-9  # probability
MOST = 300  # epochs that one can step through

Json = dict[str, object]


def texts(facts: Facts) -> Section | None:
    """Return a text for each epoch, samples at several temperatures, and a stretch of the test as the network sees it.

    None where the run has neither texts nor a network for them.
    """
    found = facts.predictions
    steps = _steps(facts)
    body = _sequence(steps) if steps else ""
    if found is not None and isinstance(found.dataset, Text):
        body += _samples(found) + _read(found, found.dataset)
    return Section("texts", "Texts", body, data={"continuations": steps}) if body else None


def _steps(facts: Facts) -> list[Json]:
    """Return what the network wrote, evenly spread epochs of many: "epoch" in words, "prompt" and "text"."""
    column = f"val_{facts.problem.headline}" if facts.problem else ""
    figures = dict(zip(facts.epochs, facts.history.get(column, ()), strict=False))
    texts = facts.continuations
    chosen = np.linspace(0, len(texts) - 1, min(MOST, len(texts))).astype(int)
    found: list[Json] = []
    for each in (texts[place] for place in chosen):
        label = f"epoch {each.epoch}" if each.epoch else "before the training"
        if facts.problem and (value := figures.get(each.epoch)) is not None:
            label += f", validation {facts.problem.metrics[facts.problem.headline].label} {number(value, 3)}"
        found.append({"epoch": label, "prompt": _plain(each.prompt), "text": _plain(each.text)})
    return found


def _sequence(steps: list[Json]) -> str:
    """Return the last of the texts, with what leads to the others."""
    last = steps[-1]
    intro = "After each epoch the network continues the same few characters of the validation text, in grey."
    tools = (
        '<div class="tools screen"><button type="button" aria-label="The text before">‹</button>'
        f'<input type="range" min="0" max="{len(steps) - 1}" value="{len(steps) - 1}" aria-label="Epoch">'
        '<button type="button" aria-label="The text after">›</button><button type="button">Play</button></div>'
    )
    return (
        f'<h3>Epoch by epoch</h3><p class="faint">{intro}</p>'
        f'<div id="continuations">{tools}<p>{text(last["epoch"])}</p>'
        f'<pre><span class="faint">{text(last["prompt"])}</span><span>{text(last["text"])}</span></pre></div>'
    )


def _samples(found: Predictions) -> str:
    """Return what the network writes without a prompt."""
    length = min(LENGTH, max(20, examples_in_time(found.network) // 20))
    samples = "".join(
        f"<figure><figcaption>Temperature {each:g}</figcaption>"
        f"<pre>{text(_plain(''.join(continued(found.network, '', length, each))))}</pre></figure>"
        for each in TEMPERATURES
    )
    intro = f"{length} characters each, written with the kept weights; a lower temperature prefers likelier characters."
    return f'<h3>What it writes</h3><p class="faint">{intro}</p><div class="grid">{samples}</div>'


def _plain(written: str) -> str:
    """Return a text with its control characters visible, except for line breaks and tabs."""
    return "".join(each if each in "\n\t" else printable(each) for each in written)


def _read(found: Predictions, dataset: Text) -> str:
    """Return the first characters of the split, each the stronger coloured the less it was expected."""
    everything, network = getattr(found.splits, found.split), found.network
    indices = np.arange(min(READ, len(everything)))
    places = inputs_of(everything, indices)
    targets = everything.targets[: len(indices)]
    p = network.probabilities(network.run(next(iter(places.values()))))
    own, guesses = p[indices, targets], p.argmax(axis=1)
    depths = 100 * np.minimum(1, -np.log2(np.maximum(own, LEAST)) / MOST_BITS)
    names = [visible(name) for name in dataset.vocabulary]
    marks = []
    for target, guess, depth, row in zip(targets, guesses, depths, p, strict=True):
        tip = f"{names[target]}: {percent(float(row[target]))}"
        tip += f"; it expected {names[guess]}: {percent(float(row[guess]))}" if guess != target else ""
        shown = {"\n": "¶\n", " ": " "}.get(dataset.vocabulary[target], names[target])
        marks.append(f'<span style="--depth:{depth:.0f}%" title="{text(tip)}">{text(shown)}</span>')
    intro = "The beginning of the tested text. The less the network expected a character, the stronger its colour."
    return f'<h3>What surprises it</h3><p class="faint">{intro}</p><div class="expected">{"".join(marks)}</div>'
