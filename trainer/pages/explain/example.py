"""The example as people know it: the characters of a text, coloured by their influence, or the row of a table."""

from __future__ import annotations

from html import escape

import numpy as np

from trainer.datasets import Table, Text
from trainer.ground.text import printable
from trainer.models import Embedding
from trainer.pages.explain.formulas import number
from trainer.pages.explain.passes import Pass
from trainer.pages.report.examples import visible
from trainer.pages.report.rows import table_rows
from trainer.runs.network import Network

COUNTS = (
    "What the network sees. Blue characters made the loss smaller, orange ones larger: minus gradient times vector, "
    "summed."
)


def example(network: Network, seen: Pass) -> str:
    """Return the HTML of an example; empty where its inputs are shown as they are."""
    if isinstance(network.dataset, Text):
        return _text(network.dataset, seen)
    if isinstance(network.dataset, Table):
        inputs = {name: seen.values[name][np.newaxis] for name in network.dataset.inputs}
        header, (row,) = table_rows(network.dataset, inputs)
        return _table(header, row)
    return ""


def names_of(network: Network, name: str) -> list[str] | None:
    """Return the names of an input's numbers; None: they have none."""
    return network.dataset.features.names if isinstance(network.dataset, Table) and name == "input" else None


def _text(dataset: Text, seen: Pass) -> str:
    ((name, _),) = dataset.inputs.items()
    places = seen.values[name]
    weights = _weights(seen, name)
    colours = np.where(weights > 0, "blue", "orange")
    depths = 100 * np.abs(weights) / (np.abs(weights).max() or 1)
    tiles = "".join(
        f'<span style="--colour: var(--{colour}); --depth: {depth:.0f}%" title="{number(float(weight))}">'
        f"{escape(visible(dataset.vocabulary[int(place)]))}</span>"
        for place, weight, colour, depth in zip(places, weights, colours, depths, strict=True)
    )
    return f'<p class="faint">{COUNTS}</p><p class="tiles">{tiles}</p>'


def _weights(seen: Pass, name: str) -> np.ndarray:
    """Return the influence (T,) of each number of an input: −Σ gradient · vector over all layers that look it up."""
    found = np.zeros(len(seen.values[name]))
    for node in seen.nodes:
        if isinstance(node.layer, Embedding) and node.inputs == (name,) and node.name in seen.gradients:
            found -= (seen.gradients[node.name] * seen.values[node.name]).sum(axis=0)
    return found


def _table(header: list[str], row: list[str]) -> str:
    head, cells = (
        "".join(f"<{tag}>{escape(printable(each))}</{tag}>" for each in texts)
        for tag, texts in (("th", header), ("td", row))
    )
    return f'<div class="wide"><table><tr>{head}</tr><tr>{cells}</tr></table></div>'
