"""Parallel coordinates: each setting a line through its values to its objective."""

from __future__ import annotations

from math import log10
from statistics import mean
from typing import Any

from trainer.pages.report.charts import LOG_RATIO
from trainer.pages.report.section import Section, Spec, clip, count, figure, number, text
from trainer.pages.report.sweep.facts import SweepFacts, as_number

MOST_LINES = 300
MOST_TICKS = 8
LINE = 14  # pixels


def parallel(facts: SweepFacts) -> Section | None:
    """Return the chart; None where fewer than two keys were swept, or no setting has an objective."""
    near = {run.name for run in facts.near}
    goals = {
        setting.name: mean(known)
        for setting in facts.settings
        if (known := [run.goal for run in setting.runs if run.goal is not None and run.name in near])
    }
    shown = [setting for setting in facts.settings if setting.name in goals][:MOST_LINES]
    if len(facts.keys) < 2 or len(shown) < 2:
        return None
    goals = {setting.name: goals[setting.name] for setting in shown}
    columns = {key: [setting.values.get(key, "") for setting in shown] for key in facts.keys}
    places = {key: _places(values) for key, values in columns.items()}
    low, high = min(goals.values()), max(goals.values())
    ends = {f"{goal}": (goal - low) / ((high - low) or 1) for goal in goals.values()}
    rows: list[dict[str, Any]] = []
    for setting in shown:
        same = {"setting": clip(setting.name, 80), "goal": goals[setting.name]}
        rows += [{**same, "key": key, "at": places[key][setting.values.get(key, "")]} for key in facts.keys]
        rows.append({**same, "key": facts.goal, "at": ends[f"{goals[setting.name]}"]})
    ticks = [{"key": key, "at": at, "text": clip(value, 14)} for key in facts.keys for value, at in _some(places[key])]
    ticks += [{"key": facts.goal, "at": at, "text": number(value)} for value, at in ((low, 0.0), (high, 1.0))]
    intro = "A line is a setting, from its values to the mean of its objective; the better, the bluer."
    if facts.far:
        intro += f" {count(facts.far, 'run')} far off all others {'is' if facts.far == 1 else 'are'} left out."
    spec = _chart(rows, ticks, [*facts.keys, facts.goal], facts)
    return Section(
        "parallel",
        "Parallel coordinates",
        f'<p class="faint">{text(intro)}</p>{figure("parallel-chart")}',
        {"parallel-chart": spec},
    )


def _places(values: list[str]) -> dict[str, float]:
    """Return where each value is on its axis, from 0 to 1: numbers by their size, else in their order."""
    distinct = sorted(set(values))
    numbers = [as_number(value) for value in distinct]
    known = [each for each in numbers if each is not None]
    if len(known) < len(numbers):
        return {value: place / max(1, len(distinct) - 1) for place, value in enumerate(distinct)}
    if min(known) > 0 and max(known) / min(known) > LOG_RATIO / 5:
        known = [log10(each) for each in known]
    low, high = min(known), max(known)
    return {value: (each - low) / ((high - low) or 1) for value, each in zip(distinct, known, strict=True)}


def _some(places: dict[str, float]) -> list[tuple[str, float]]:
    ordered = sorted(places.items(), key=lambda item: item[1])
    return ordered if len(ordered) <= MOST_TICKS else [ordered[0], ordered[len(ordered) // 2], ordered[-1]]


def _chart(rows: list[dict[str, Any]], ticks: list[dict[str, Any]], keys: list[str], facts: SweepFacts) -> Spec:
    x: Spec = {"field": "key", "type": "ordinal", "sort": keys, "title": None, "scale": {"padding": 0.3}}
    x["axis"] = {"orient": "top", "labelAngle": 0, "labelFontSize": 12, "labelColor": "--ink", "domain": False}
    narrow = f"width < {130 * len(keys)}"  # then names are broken into lines
    x["axis"] |= {"labelExpr": f"{narrow} ? split(datum.label, '_') : datum.label"}
    x["axis"] |= {"labelPadding": {"expr": f"{narrow} ? {LINE * max(key.count('_') for key in keys) + 8} : 8"}}
    y: Spec = {"field": "at", "type": "quantitative", "axis": None, "scale": {"domain": [0, 1], "padding": 12}}
    better: Spec = {"type": "linear", "range": ["--line", "--blue"], "reverse": not facts.maximised}
    alone = {
        "name": "alone",
        "select": {"type": "point", "fields": ["setting"], "on": "pointerover", "clear": "pointerout"},
    }
    width = {"condition": {"param": "alone", "empty": False, "value": 4}, "value": 1.6}
    clear = {"condition": {"param": "alone", "value": 0.9}, "value": 0.15}
    tips = [{"field": "setting"}, {"field": "goal", "title": facts.goal, "type": "quantitative", "format": ".4~g"}]
    colour: Spec = {"condition": {"param": "alone", "empty": False, "value": "--orange"}}
    colour |= {"field": "goal", "type": "quantitative", "scale": better, "legend": None}
    drawn = {"x": x, "y": y, "detail": {"field": "setting"}, "strokeWidth": width, "opacity": clear, "color": colour}
    lines = {"mark": "line", "encoding": drawn}
    # What the pointer meets: a thin line is hard to hit, and Vega's lines have tooltips at their corners only.
    following = [{"op": "lead", "field": name, "as": f"next_{name}"} for name in ("key", "at")]
    near = {
        "transform": [{"window": following, "groupby": ["setting"]}, {"filter": "isValid(datum.next_key)"}],
        "params": [alone],
        "mark": {"type": "rule", "strokeWidth": 10, "opacity": 0},
        "encoding": {"x": x, "x2": {"field": "next_key"}, "y": y, "y2": {"field": "next_at"}, "tooltip": tips},
    }
    axes = {
        "data": {"values": [{"key": key} for key in keys]},
        "mark": {"type": "rule", "color": "--line"},
        "encoding": {"x": x},
    }
    mark = {"type": "text", "align": "left", "baseline": "bottom", "dx": 4, "dy": -3, "fontSize": 11}
    named = {"data": {"values": ticks}, "encoding": {"x": x, "y": y, "text": {"field": "text"}}}
    under = {**named, "mark": {**mark, "stroke": "--paper", "strokeWidth": 4}}  # so that lines do not cross the texts
    over = {**named, "mark": {**mark, "color": "--faint"}}
    layers = [axes, lines, under, over, near]
    return {"description": "Settings as lines", "height": 320, "data": {"values": rows}, "layer": layers}
