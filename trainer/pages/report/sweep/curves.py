"""The validation curves of all settings, the best in front."""

from __future__ import annotations

from collections import defaultdict
from math import isfinite
from statistics import mean
from typing import Any

from trainer.pages.report.charts import LOG_RATIO, ZOOM, powers, thinned
from trainer.pages.report.section import Section, Series, Spec, clip, count, figure, text
from trainer.pages.report.sweep.facts import COLOURS, Setting, SweepFacts
from trainer.problems import metric_of

MOST_OTHERS = 60  # in grey


def curves(facts: SweepFacts) -> Section | None:
    """Return a chart for each metric of the validation; None where no run has an epoch."""
    columns = dict.fromkeys(name for run in facts.runs for row in run.rows for name in row)
    validated = [name for name in columns if name.startswith("val_") and metric_of(name)] or ["train_loss"]
    validated.sort(key=lambda name: (not facts.goal.endswith(name), name == "val_loss"))
    known = [setting for setting in facts.settings if any(run.rows for run in setting.runs)]
    if not known:
        return None
    series = [
        Series(f"s{n}", clip(each.name or _all(facts), 60), colour)
        for n, (each, colour) in enumerate(zip(known, COLOURS, strict=False))
    ]
    body, charts = [], {}
    for column in validated:
        metric = metric_of(column)
        if metric is None:
            continue
        label = f"{'Validation' if column.startswith('val_') else 'Training'} {metric.label}"
        charts[f"sweep-{column}"] = _chart(known, series, column, metric.higher_is_better, label)
        body.append(figure(f"sweep-{column}", label, series, zooms=True))
    intro = []
    if any(len(each.runs) > 1 for each in known):
        intro.append(f"The mean over the {facts.unit}s of a setting, with the range.")
    if (others := len(known) - len(series)) > 0:
        intro.append(f"{count(others, 'more setting')} in grey.")
    if failed := [setting for setting in facts.settings if setting.failed]:
        named = "; ".join(
            f"{clip(each.name or each.runs[0].name, 60)} ({len(each.failed)} of {len(each.runs)})"
            for each in failed[:8]
        )
        intro.append(f"Failed: {named}{' …' if len(failed) > 8 else ''}.")
    return Section(
        "curves",
        "Curves",
        f'<p class="faint">{text(" ".join(intro))}</p><div class="grid">{"".join(body)}</div>',
        charts,
    )


def _all(facts: SweepFacts) -> str:
    return f"mean of {facts.repeated(len(facts.runs))}" if facts.repeats else "the run"


def _chart(known: list[Setting], series: list[Series], column: str, rising: bool, label: str) -> Spec:
    best = [row for setting, each in zip(known, series, strict=False) for row in _curve(setting, column, each.name)]
    rest = [
        row
        for n, setting in enumerate(known[len(series) : len(series) + MOST_OTHERS])
        for row in _curve(setting, column, f"o{n}")
    ]
    values = [row["mean"] for row in best + rest]
    log = not rising and bool(values) and min(values) > 0 and max(values) / min(values) > LOG_RATIO / 2
    # One diverged run must not squeeze all others together: its curve leaves the chart.
    fitting = [value for value in values if not log or value <= LOG_RATIO * min(values)]
    x = {
        "field": "epoch",
        "type": "quantitative",
        "scale": {"nice": False, "zero": False, "padding": 8},
        "axis": {"tickMinStep": 1},
    }
    y: Spec = {
        "field": "mean",
        "type": "quantitative",
        "title": None,
        "scale": {"type": "log", "domain": [min(fitting), max(fitting)]} if log else {"zero": False},
    }
    if log:
        y["axis"] = powers(fitting)
    colour = {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": [s.name for s in series], "range": [s.colour for s in series]},
        "legend": None,
    }
    shown = [{"filter": "indexof(shown, datum.series) >= 0"}]
    tips = [{"field": "setting"}, {"field": "epoch"}] + [
        {"field": name, "type": "quantitative", "format": ".4~g"} for name in ("mean", "low", "high")
    ]
    near = {"name": "near", "select": {"type": "point", "on": "pointermove", "clear": "pointerout", "nearest": True}}
    large = {"condition": {"param": "near", "empty": False, "value": 80}, "value": 8}
    layers: list[Spec] = [
        {
            "data": {"values": rest},
            "mark": {"type": "line", "color": "--line", "strokeWidth": 1, "clip": True},
            "encoding": {"x": x, "y": y, "detail": {"field": "series"}},
        },
        {
            "transform": shown,
            "mark": {"type": "area", "opacity": 0.15, "clip": True},
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": colour},
        },
        {
            "transform": shown,
            "params": [ZOOM],
            "mark": {"type": "line", "clip": True},
            "encoding": {"x": x, "y": y, "color": colour},
        },
        {
            "transform": shown,
            "params": [near],
            "mark": {"type": "point", "clip": True},
            "encoding": {"x": x, "y": y, "color": colour, "size": large, "tooltip": tips},
        },
    ]
    return {
        "description": f"{label} over the epochs",
        "height": 280,
        "data": {"values": best},
        "params": [{"name": "shown", "value": [s.name for s in series]}],
        "layer": layers,
    }


def _curve(setting: Setting, column: str, name: str) -> list[dict[str, Any]]:
    """Return mean, least and largest value for each epoch."""
    found: dict[int, list[float]] = defaultdict(list)
    for run in setting.runs:
        for row in run.rows:
            if isfinite(row.get(column, float("nan"))):
                found[int(row["epoch"])].append(row[column])
    same = {"series": name, "setting": clip(setting.name or "all runs", 80)}
    rows = [{**same, "epoch": e, "mean": mean(v), "low": min(v), "high": max(v)} for e, v in sorted(found.items())]
    return thinned(rows, 300)
