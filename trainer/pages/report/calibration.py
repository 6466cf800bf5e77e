"""Calibration: whether the network is right as often as its probabilities say."""

from __future__ import annotations

from typing import Any

from trainer.pages.report.charts import finite
from trainer.pages.report.facts import Facts
from trainer.pages.report.section import Section, Spec, figure, percent, table, text
from trainer.problems import calibration as calibrated

SHARES = {"domain": [0, 1]}
CLAIM = {"type": "quantitative", "title": "predicted probability", "scale": SHARES, "axis": {"format": "%"}}
BINNED = {**CLAIM, "field": "low", "bin": {"binned": True}}


def calibration(facts: Facts) -> Section | None:
    """Return the reliability diagram and how often each probability is claimed; None where nothing is claimed."""
    found = facts.predictions
    claims = found.problem.claims(found.outputs, found.targets) if found else None
    measured = calibrated(*claims) if claims else None
    if found is None or measured is None:
        return None
    bins = zip(measured.edges[:-1], measured.edges[1:], measured.counts, measured.claimed, measured.true, strict=True)
    rows: list[dict[str, Any]] = [
        {"low": float(low), "high": float(high), "count": int(many), "claimed": finite(claimed), "true": finite(true)}
        for low, high, many, claimed, true in bins
    ]
    known = [row for row in rows if row["count"]]
    total = sum(row["count"] for row in known)
    sure, right = (sum(row[name] * row["count"] for row in known) / total for name in ("claimed", "true"))
    intro = (
        f"On average it claims {percent(sure)} and is right in {percent(right)} of the cases; the expected calibration "
        f"error is {percent(measured.error)}. Bars below the line mean that it is too sure."
    )
    numbers = table(
        ["claimed", "claims", "mean claim", "true"],
        [
            [
                f"{row['low']:.1f} to {row['high']:.1f}",
                f"{row['count']:,}",
                percent(row["claimed"]),
                percent(row["true"]),
            ]
            for row in known
        ],
        range(1, 4),
    )
    body = (
        f'<p class="faint">{text(intro)}</p><div class="grid">'
        f"{figure('reliability', 'How often it is right, by how sure it is', numbers=numbers)}"
        f"{figure('claims', 'How sure it is')}</div>"
    )
    return Section("calibration", "Calibration", body, {"reliability": _diagram(rows), "claims": _claims(rows)})


TIPS = [
    {"field": "count", "title": "claims", "type": "quantitative", "format": ","},
    {"field": "claimed", "title": "claimed on average", "type": "quantitative", "format": ".1%"},
    {"field": "true", "title": "true", "type": "quantitative", "format": ".1%"},
]


def _diagram(rows: list[dict[str, Any]]) -> Spec:
    y = {"field": "true", "type": "quantitative", "title": None, "scale": SHARES, "axis": {"format": "%"}}
    bars = {
        "mark": {"type": "bar", "color": "--blue", "opacity": 0.75},
        "encoding": {"x": BINNED, "x2": {"field": "high"}, "y": y, "tooltip": TIPS},
    }
    claims = {
        "mark": {"type": "point", "color": "--orange", "size": 45},
        "encoding": {"x": {**CLAIM, "field": "claimed"}, "y": y, "tooltip": TIPS},
    }
    line = {
        "data": {"values": [{"at": 0}, {"at": 1}]},
        "mark": {"type": "line", "color": "--faint", "strokeDash": [4, 4], "strokeWidth": 1},
        "encoding": {"x": {**CLAIM, "field": "at"}, "y": {**y, "field": "at"}},
    }
    return {
        "description": "How often claims are true, by their probability",
        "height": 260,
        "data": {"values": rows},
        "layer": [bars, line, claims],
    }


def _claims(rows: list[dict[str, Any]]) -> Spec:
    y = {"field": "count", "type": "quantitative", "title": None}
    return {
        "description": "How many claims are made with which probability",
        "height": 260,
        "data": {"values": rows},
        "mark": {"type": "bar", "color": "--grey"},
        "encoding": {"x": BINNED, "x2": {"field": "high"}, "y": y, "tooltip": TIPS},
    }
