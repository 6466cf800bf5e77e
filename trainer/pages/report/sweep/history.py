"""How a search went: the objective of its runs in their order, and the best so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from trainer.pages.report.section import Section, Spec, clip, figure, number, table, text
from trainer.pages.report.sweep.facts import Run, SweepFacts
from trainer.views.limits import bounds, spread

LOG_RATIO = 20  # objectives of which less is better, and that span more, are drawn on a logarithmic axis
MARKS = {  # how a run ended → colour, fill, shape
    "completed": ("--blue", "--blue", "circle"),
    "pruned": ("--blue", "--paper", "circle"),
    "off the axis": ("--blue", "--blue", "triangle-down"),
    "failed": ("--red", "--red", "cross"),
}
LEGEND: Spec = {"title": None, "orient": "top", "direction": "horizontal", "symbolSize": 90}


def history(facts: SweepFacts) -> Section | None:
    """Return the chart; None if the sweep is not a search, or none of its runs has an objective."""
    runs = sorted((run for run in facts.runs if run.ended), key=lambda run: run.number)
    if not facts.searched or not any(run.goal is not None for run in runs):
        return None
    rows = _rows(runs, {run.name for run in facts.near}, facts.maximised)
    counts = Counter(row["how"] for row in rows)
    intro = f"{facts.goal} of each run, in the order of the search."
    if counts["pruned"]:
        intro += " A pruned run was stopped because it would not win."
    if counts["failed"] or counts["off the axis"]:
        intro += " Values beyond the axis are at its edge."
    header = ["run", "setting", facts.goal, "best so far", "ended"]
    numbers = [
        [row["run"], row["setting"], row["value"], number(row["best"]) if row["best"] is not None else "", row["how"]]
        for row in rows
    ]
    shown = figure("history-chart", numbers=table(header, numbers, (0, 2, 3)))
    return Section(
        "history",
        "Search",
        f'<p class="faint">{text(intro)}</p>{shown}',
        {"history-chart": _chart(rows, counts, facts)},
    )


def _rows(runs: list[Run], near: Collection[str], maximised: bool) -> list[dict[str, Any]]:
    """Return a row for each run: its objective, the best so far, and how it ended."""
    goals = [run.goal for run in runs if run.goal is not None and run.name in near]
    low, high = bounds(goals, _is_logarithmic(goals, maximised)) or (0.0, 1.0)
    worst = low if maximised else high
    better, best = max if maximised else min, None
    rows: list[dict[str, Any]] = []
    for run in runs:
        how = "off the axis" if run.goal is not None and run.name not in near else run.status
        if run.goal is not None:
            best = run.goal if best is None else better(best, run.goal)
        rows.append({
            "run": run.number,
            "setting": clip(", ".join(f"{key}={value}" for key, value in run.values.items()), 80),
            "at": run.goal if how in ("completed", "pruned", "stopped") and run.goal is not None else worst,
            "value": number(run.goal) if run.goal is not None else "none",
            "best": best,
            "how": how if how in MARKS else "completed" if run.goal is not None else "failed",
            "reason": clip(run.reason, 100) or None,
        })  # fmt: skip
    return rows


def _is_logarithmic(values: list[float], maximised: bool) -> bool:
    return not maximised and spread(values) > LOG_RATIO


def _chart(rows: list[dict[str, Any]], counts: Counter[str], facts: SweepFacts) -> Spec:
    known = [name for name in MARKS if counts[name]]
    labels = {name: f"{name} ({counts[name]})" for name in known}
    placed = [row["at"] for row in rows]
    logarithmic = _is_logarithmic(placed, facts.maximised)
    low, high = min(placed), max(placed)
    x = {"field": "run", "type": "quantitative", "title": "run", "axis": {"tickMinStep": 1, "format": "d"}}
    x["scale"] = {"zero": False, "nice": False, "padding": 12}
    scale = {"type": "log" if logarithmic else "linear", "domain": [low, high], "nice": False, "padding": 8}
    y: Spec = {"field": "at", "type": "quantitative", "title": None, "scale": scale}

    def by_end(place: int) -> Spec:
        """Return the encoding of colour, fill or shape by how a run ended."""
        marks: Spec = {"field": "label", "type": "nominal", "legend": LEGEND}
        return marks | {"scale": {"domain": [*labels.values()], "range": [MARKS[name][place] for name in known]}}

    near = {"name": "near", "select": {"type": "point", "on": "pointermove", "clear": "pointerout", "nearest": True}}
    large = {"condition": {"param": "near", "empty": False, "value": 160}, "value": 60}
    tips = [{"field": name} for name in ("run", "setting")] + [{"field": "value", "title": facts.goal}]
    tips += [{"field": "best", "title": "best so far", "type": "quantitative", "format": ".4~g"}]
    tips += [{"field": "how", "title": "ended"}, {"field": "reason"}]
    points = {
        "params": [near],
        "mark": {"type": "point", "filled": False, "strokeWidth": 1.8, "opacity": 1},
        "encoding": {
            "x": x, "y": y, "size": large, "tooltip": tips,
            "stroke": by_end(0), "fill": by_end(1), "shape": by_end(2),
        },
    }  # fmt: skip
    line = {"datum": "best so far", "scale": {"range": ["--orange"]}, "legend": {**LEGEND, "symbolType": "stroke"}}
    best = {
        "transform": [{"filter": "isValid(datum.best)"}],
        "mark": {"type": "line", "interpolate": "step-after", "clip": True},
        "encoding": {"x": x, "y": {**y, "field": "best"}, "color": line},
    }
    return {
        "description": f"{facts.goal} of each run of the search, and the best so far",
        "height": 300,
        "data": {"values": [{**row, "label": labels[row["how"]]} for row in rows]},
        "layer": [best, points],
    }
