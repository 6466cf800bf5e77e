"""Columns of a table that have no influence."""

import numpy as np

from trainer.datasets import Table
from trainer.ground.streams import stream
from trainer.pages.report.facts import Facts
from trainer.pages.report.finding import Finding, listed, tested
from trainer.pages.report.findings.learns_nothing import learns_nothing
from trainer.pages.report.predictions import inputs_of
from trainer.pages.report.rows import places_of

MOST_ROWS = 500
LEAST_ROWS = 20
LEAST = 0.005  # of the deviation of the outputs: half a per cent is lost in what another seed changes


def unused_columns(facts: Facts) -> Finding | None:
    """Shuffle the values of each column, and see whether the outputs change."""
    seen, network = tested(facts), facts.network
    if network is None or seen is None or not isinstance(network.dataset, Table) or learns_nothing(facts):
        return None
    chosen = np.arange(min(MOST_ROWS, len(seen.targets)))
    inputs, outputs = inputs_of(seen.source, chosen), seen.outputs[chosen]
    spread = float(outputs.std(axis=0).mean())
    if len(chosen) < LEAST_ROWS or not spread:
        return None
    unused = []
    for column, (name, place) in places_of(network.dataset).items():
        order = stream(network.config["seed"], f"shuffled {column}").permutation(chosen)
        shuffled = {**inputs, name: inputs[name].copy()}
        shuffled[name][:, place] = inputs[name][order, place]
        if np.abs(network.run(shuffled) - outputs).mean() < LEAST * spread:
            unused.append(column)
    if not unused:
        return None
    return Finding(
        f"{listed(unused)} {'has' if len(unused) == 1 else 'have'} no influence: the network answers the same when the "
        f"values are shuffled among the rows.",
        "columns",
        "see whether the values differ at all (trainer preview), or leave the column out (+data.columns.NAME=ignore)",
    )
