"""Of values that are predicted: predictions against targets, and what is left between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trainer.datasets import Table
from trainer.pages.report.charts import thinned
from trainer.pages.report.examples import where
from trainer.pages.report.facts import Facts
from trainer.pages.report.predictions import Predictions
from trainer.pages.report.section import Section, Spec, clip, figure, number, text
from trainer.problems import Regression

MOST_POINTS = 1200
MOST_VALUES = 4  # of a network with several outputs
BINS = 30


def predictions(facts: Facts) -> Section | None:
    """Return predictions against targets in the user's units; None where no values are predicted."""
    outputs = _values(facts)
    if outputs is None or facts.predictions is None:
        return None
    body, charts, places = [], {}, _places(facts.predictions)
    for place, (name, target, predicted) in enumerate(outputs):
        key = f"predicted-{place}"
        charts[key] = _against(target, predicted, places, name)
        body.append(figure(key, name, kind="square"))
    intro = f"Each point is one of {facts.predictions.counted}. On the dashed line a prediction would be exact."
    return Section("predictions", "Predictions against targets", _in_grid(intro, body), charts)


def residuals(facts: Facts) -> Section | None:
    """Return the residuals, prediction − target, over the predictions and as a histogram."""
    outputs = _values(facts)
    if outputs is None or facts.predictions is None:
        return None
    body, charts, places = [], {}, _places(facts.predictions)
    for place, (name, target, predicted) in enumerate(outputs):
        error = predicted - target
        charts[f"residuals-{place}"] = _over(predicted, error, places)
        charts[f"errors-{place}"] = _histogram(error)
        spread = f"mean {number(float(error.mean()), 3)}, deviation {number(float(error.std()), 3)}"
        body += [
            figure(f"residuals-{place}", f"{name}: prediction − target"),
            figure(f"errors-{place}", f"{name}: {spread}"),
        ]
    intro = "What is left after the prediction. A curve or a funnel here is something that the network has not learned."
    return Section("residuals", "Residuals", _in_grid(intro, body), charts)


def _places(found: Predictions) -> list[dict[str, Any]]:
    """Return which examples the points are, as their tips say: its "number", or its row in the file of a table."""
    return [where(found, index) for index in range(len(found.targets))]


def _in_grid(intro: str, figures: list[str]) -> str:
    return f'<p class="faint">{text(intro)}</p><div class="grid">{"".join(figures)}</div>'


def _values(facts: Facts) -> list[tuple[str, np.ndarray, np.ndarray]] | None:
    """Return name, targets and predictions (N,) of each value, in the user's units."""
    found = facts.predictions
    if found is None or not isinstance(found.problem, Regression):
        return None
    shape = (len(found.targets), -1)
    targets, predicted = (found.problem.probabilities(each.reshape(shape)) for each in (found.targets, found.outputs))
    dataset, many = found.dataset, targets.shape[1]
    names = [f"value {place + 1}" if many > 1 else "value" for place in range(many)]
    if isinstance(dataset, Table):
        names = [clip(name, 30) for name in dataset.target.columns]
    columns = zip(names, targets.T.astype(np.float64), predicted.T.astype(np.float64), strict=True)
    return [(name, t, np.nan_to_num(p)) for name, t, p in columns][:MOST_VALUES]


def _against(target: np.ndarray, predicted: np.ndarray, places: Sequence[dict[str, Any]], name: str) -> Spec:
    rows = [
        {**place, "target": float(t), "predicted": float(p)}
        for place, t, p in zip(places, target, predicted, strict=True)
    ]
    low, high = float(min(target.min(), predicted.min())), float(max(target.max(), predicted.max()))
    scale = {"domain": [low, high], "zero": False}
    x = {"field": "target", "type": "quantitative", "title": "target", "scale": scale}
    y = {"field": "predicted", "type": "quantitative", "title": "predicted", "scale": scale}
    line = {
        "data": {"values": [{"at": low}, {"at": high}]},
        "mark": {"type": "line", "color": "--orange", "strokeDash": [4, 4], "strokeWidth": 1},
        "encoding": {"x": {**x, "field": "at"}, "y": {**y, "field": "at"}},
    }
    points = {"mark": _dots(), "encoding": {"x": x, "y": y, "tooltip": _tips(rows, "target", "predicted")}}
    return {
        "description": f"Predicted {name} against the target",
        "height": 400,
        "data": {"values": thinned(rows, MOST_POINTS)},
        "layer": [points, line],
    }


def _over(predicted: np.ndarray, error: np.ndarray, places: Sequence[dict[str, Any]]) -> Spec:
    rows = [
        {**place, "predicted": float(p), "error": float(e)}
        for place, p, e in zip(places, predicted, error, strict=True)
    ]
    zero = {
        "data": {"values": [{"error": 0}]},
        "mark": {"type": "rule", "color": "--orange", "strokeDash": [4, 4]},
        "encoding": {"y": {"field": "error", "type": "quantitative"}},
    }
    x = {"field": "predicted", "type": "quantitative", "title": "predicted", "scale": {"zero": False}}
    y = {"field": "error", "type": "quantitative", "title": None}
    points = {"mark": _dots(), "encoding": {"x": x, "y": y, "tooltip": _tips(rows, "predicted", "error")}}
    return {
        "description": "Residuals over the predictions",
        "height": 260,
        "data": {"values": thinned(rows, MOST_POINTS)},
        "layer": [points, zero],
    }


def _histogram(error: np.ndarray) -> Spec:
    counts, edges = np.histogram(error, BINS)
    rows = [
        {"low": float(a), "high": float(b), "count": int(n)}
        for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    x = {"field": "low", "type": "quantitative", "bin": {"binned": True}, "title": "prediction − target"}
    tips = [{"field": name, "type": "quantitative", "format": ",.4~g"} for name in ("low", "high", "count")]
    encoding = {
        "x": x,
        "x2": {"field": "high"},
        "y": {"field": "count", "type": "quantitative", "title": None},
        "tooltip": tips,
    }
    return {
        "description": "How often which residual occurs",
        "height": 260,
        "data": {"values": rows},
        "mark": {"type": "bar", "color": "--blue"},
        "encoding": encoding,
    }


def _dots() -> Spec:
    return {"type": "point", "filled": True, "size": 28, "opacity": 0.55, "color": "--blue"}


def _tips(rows: Sequence[dict[str, Any]], *names: str) -> list[Spec]:
    tips: list[Spec] = [{"field": "number", "title": "example", "type": "quantitative"}]
    tips += [{"field": "place", "title": "in the file", "type": "nominal"}] if rows and "place" in rows[0] else []
    return tips + [{"field": name, "type": "quantitative", "format": ",.4~g"} for name in names]
