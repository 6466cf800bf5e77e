"""How important each column of a table is: how much worse the network is when the column is shuffled."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trainer.datasets import Table
from trainer.ground.streams import stream
from trainer.pages.report.facts import Facts
from trainer.pages.report.predictions import Predictions, examples_in_time, inputs_of
from trainer.pages.report.rows import places_of
from trainer.pages.report.section import Section, Spec, clip, figure, number, table, text
from trainer.problems import Problem

REPEATS = 5
MOST_ROWS = 1000
MOST_COLUMNS = 40
IN_FIGURES = ("mae", "accuracy", "f1")  # those that people can read, the first that the problem has


def columns(facts: Facts) -> Section | None:
    """Return the permutation importance of each column (Breiman 2001; Fisher, Rudin and Dominici 2019)."""
    found = facts.predictions
    if found is None or not isinstance(found.dataset, Table):
        return None
    metric = next(name for name in (*IN_FIGURES, found.problem.headline) if name in found.problem.metrics)
    worth, rows = importance(found, metric)
    order = sorted(worth, key=lambda name: -worth[name].mean())[:MOST_COLUMNS]
    shown = [
        {"column": clip(name, 40), "mean": mean, "low": mean - deviation, "high": mean + deviation}
        for name in order
        for mean, deviation in [(float(worth[name].mean()), float(worth[name].std(ddof=1)))]
    ]
    known = found.problem.metrics[metric]
    how = "falls" if known.higher_is_better else "rises"
    intro = (
        f"How much the {known.label} {how} when the values of one column are shuffled among {rows:,} rows of the "
        f"{found.split}: mean and deviation of {REPEATS} shuffles. Columns that hold the same share their importance."
    )
    numbers = table(
        ["column", "worth", "deviation"],
        [[name, number(float(worth[name].mean())), number(float(worth[name].std(ddof=1)))] for name in order],
        (1, 2),
    )
    body = f'<p class="faint">{text(intro)}</p>{figure("columns-worth", numbers=numbers)}'
    return Section("columns", "Importance of columns", body, {"columns-worth": _bars(shown, f"{known.label} {how} by")})


def importance(found: Predictions, metric: str) -> tuple[dict[str, np.ndarray], int]:
    """Return by column how much worse a metric is for each of `REPEATS` shuffles, and how many rows were used."""
    dataset, network = found.dataset, found.network
    assert isinstance(dataset, Table)
    places = places_of(dataset)
    most = max(50, examples_in_time(network) // (REPEATS * max(1, len(places))))
    count = min(len(found.targets), MOST_ROWS, most)
    chosen = np.linspace(0, len(found.targets) - 1, count).astype(np.int64)
    inputs, targets = inputs_of(found.source, chosen), found.targets[chosen]
    whole = _figure(found.problem, network.run(dict(inputs)), targets, metric)
    sign = 1 if found.problem.metrics[metric].higher_is_better else -1
    worth: dict[str, np.ndarray] = {}
    for column, (name, place) in places.items():
        rng, worse = stream(network.config["seed"], f"shuffled {column}"), []
        for _ in range(REPEATS):
            shuffled: dict[str, np.ndarray] = {**inputs, name: inputs[name].copy()}
            shuffled[name][:, place] = inputs[name][rng.permutation(count), place]
            worse.append(sign * (whole - _figure(found.problem, network.run(shuffled), targets, metric)))
        worth[column] = np.array(worse)
    return worth, count


def _figure(problem: Problem, outputs: np.ndarray, targets: np.ndarray, metric: str) -> float:
    """Return a metric other than the loss of outputs (N, K)."""
    sums: Mapping[str, float | np.ndarray] = {"loss": 0.0, **problem.measures(outputs.T, targets.T)}
    return float(problem.metrics[metric].figure(sums, len(targets)))


def _bars(rows: list[dict], title: str) -> Spec:
    y = {"field": "column", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 180}}
    tips = [
        {"field": "column"},
        *({"field": f, "type": "quantitative", "format": ",.4~g"} for f in ("mean", "low", "high")),
    ]
    bars = {
        "mark": {"type": "bar", "color": "--blue", "opacity": 0.8},
        "encoding": {"x": {"field": "mean", "type": "quantitative", "title": title}, "tooltip": tips},
    }
    spread = {
        "mark": {"type": "rule", "color": "--ink", "strokeWidth": 1.5},
        "encoding": {
            "x": {"field": "low", "type": "quantitative", "title": title},
            "x2": {"field": "high"},
            "tooltip": tips,
        },
    }
    return {
        "description": "The worth of each column",
        "height": 24 * len(rows) + 8,
        "data": {"values": rows},
        "encoding": {"y": y},
        "layer": [bars, spread],
    }
