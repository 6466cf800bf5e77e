"""Vega-Lite specifications of the charts that several sections draw."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import ceil, floor, isfinite, log10
from typing import Any

from trainer.pages.report.section import Series, Spec

LOG_RATIO = 50  # values that span more are drawn on a logarithmic axis
MOST_POINTS = 1500  # of a line
FEW = 25  # points that get a mark each; a single one would be invisible without it

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

ZOOM = {
    "name": "zoom",
    # Without Shift the wheel scrolls the page.
    "select": {"type": "interval", "encodings": ["x"], "zoom": "wheel![event.shiftKey]"},
    "bind": "scales",
}


def finite(value: Any) -> float | None:
    """Return a number for a chart; None, which is left out, where it is not finite."""
    return float(value) if value is not None and isfinite(value) else None


def thinned(rows: Sequence[Any], most: int = MOST_POINTS) -> list[Any]:
    """Return no more than this many rows, spread evenly, with the first and the last."""
    if len(rows) <= most:
        return list(rows)
    return [rows[round(place * (len(rows) - 1) / (most - 1))] for place in range(most)]


def spans(values: Sequence[float | None]) -> bool:
    """Return whether values are positive and so far apart that only a logarithmic axis shows them all."""
    known = [value for value in values if value is not None]
    return bool(known) and min(known) > 0 and max(known) / min(known) > LOG_RATIO


def powers(values: Sequence[float | None]) -> Spec:
    """Return the axis of values on a logarithmic scale: a line for each power of ten, or for more if few.

    Values that are not positive have no place on it.
    """
    known = [value for value in values if value and value > 0] or [1.0]
    low, high = floor(log10(min(known))), ceil(log10(max(known)))
    steps = (1,) if high - low > 2 else (1, 2, 5)
    every = max(1, (high - low) // 6)
    shown = {step * 10.0**power: _power(step, power) for power in range(low, high + 1, every) for step in steps}
    found = f"{json.dumps([*shown.values()], ensure_ascii=False)}[indexof({json.dumps([*shown])}, datum.value)]"
    return {"values": [*shown], "labelExpr": found}


def _power(step: int, power: int) -> str:
    """Return a number as people write it: "0.02", "10⁻⁶", "2·10⁻⁶"."""
    if -3 <= power <= 4:
        return f"{step * 10.0**power:g}"
    return (f"{step}·" if step > 1 else "") + "10" + str(power).translate(RAISED)


def lines(
    rows: Sequence[Mapping[str, Any]],
    series: Sequence[Series],
    description: str,
    x: str = "epoch",
    logarithmic: bool | None = None,
    marked: float | None = None,
    height: int = 240,
) -> Spec:
    """Return lines over epochs: values under the pointer, a zoom, series that can be switched.

    Args:
        rows: For each epoch its number as `x`, and a value for each series by its name.
        series: What to draw.
        description: For those who cannot see it.
        x: Name and title of the horizontal axis.
        logarithmic: The vertical axis; None: where the values span much.
        marked: Where a vertical line is.
        height: In pixels.
    """
    names = [each.name for each in series]
    rows = thinned([{name: finite(row.get(name)) for name in (x, *names)} for row in rows])
    if logarithmic is None:
        logarithmic = spans([row[name] for row in rows for name in names])
    values: dict[str, Any] = {"field": "value", "type": "quantitative", "title": None}
    values |= {"scale": {"type": "log", "nice": False, "padding": 8} if logarithmic else {"zero": False}}
    if logarithmic:
        values["axis"] = powers([row[name] for row in rows for name in names])
    colours = {"domain": names, "range": [each.colour for each in series]}
    pointer = {
        "name": "pointer",
        "select": {"type": "point", "fields": [x], "nearest": True, "on": "pointermove", "clear": "pointerout"},
    }
    under = {"condition": {"param": "pointer", "empty": False, "value": 1}, "value": 0}
    tips = [{"field": x, "type": "quantitative"}]
    tips += [{"field": each.name, "title": each.label, "type": "quantitative", "format": ".4~g"} for each in series]
    drawn: list[Spec] = [
        {"params": [ZOOM], "mark": {"type": "line", "clip": True, "point": len(rows) <= FEW and {"size": 28}}},
        {
            "transform": [{"pivot": "series", "value": "value", "groupby": [x]}],
            "params": [pointer],
            "mark": {"type": "rule", "color": "--faint"},
            "encoding": {"opacity": under, "tooltip": tips, "y": None, "color": {"value": "--faint"}},
        },
        {"mark": {"type": "point", "filled": True, "size": 64, "clip": True}, "encoding": {"opacity": under}},
    ]
    if marked is not None:
        rule = {"type": "rule", "strokeDash": [4, 4], "color": "--orange", "clip": True}
        drawn.insert(
            0,
            {
                "data": {"values": [{x: marked}]},
                "mark": rule,
                "transform": [],
                "encoding": {"y": None, "color": {"value": "--orange"}},
            },
        )
    return {
        "description": description,
        "height": height,
        "data": {"values": rows},
        "params": [{"name": "shown", "value": [each.name for each in series if each.shown]}],
        "encoding": {
            "x": {
                "field": x,
                "type": "quantitative",
                "scale": {"nice": False, "zero": False, "padding": 8},
                "axis": {"tickMinStep": 1, "grid": False},
            },
            "y": values,
            "color": {"field": "series", "type": "nominal", "scale": colours, "legend": None},
        },
        "layer": [_folded(layer, names) if "data" not in layer else layer for layer in drawn],
    }


def _folded(layer: Spec, names: Sequence[str]) -> Spec:
    """Return a layer whose data are one row for each value that is shown."""
    fold: list[Spec] = [
        {"fold": [*names], "as": ["series", "value"]},
        {"filter": "isValid(datum.value) && indexof(shown, datum.series) >= 0"},
    ]
    return {**layer, "transform": [*fold, *layer.get("transform", [])]}
