"""The layers of the network, and what happened inside them during training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from trainer.engine.machine import processor
from trainer.models.shape import format_shape
from trainer.models.summary import layer_rows
from trainer.pages.report.charts import finite, lines, powers, thinned
from trainer.pages.report.facts import Facts
from trainer.pages.report.section import (
    Html,
    Section,
    Series,
    Spec,
    Tall,
    clip,
    count,
    figure,
    percent,
    table,
    text,
)
from trainer.pages.report.times import Times, measure

VIRIDIS = ("#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#d8c810")
ON_DARK = ("#b794f6", "#8f9bf5", "#6ca7ee", "#4fb4dd", "#3fc1b8", "#63cf8a", "#aadd58", "#f2e04a")
SHOWN_EPOCHS = 5
MOST_LINES = 30
LEAST_SHARE = 0.05  # of units that is worth a picture
LEAST_TIME = 0.005  # share that is worth a number
HEALTHY = 1e-3  # of the size of the weights: a usual change in a step


def layers(facts: Facts) -> Section | None:
    """Return the table of layers; None where the network is not known."""
    if not facts.graph:
        return Section("layers", "Layers", f"<pre>{text(facts.model.rstrip())}</pre>") if facts.model else None
    times = measure(facts)
    table_rows = layer_rows(times.graph) if times else facts.table
    inputs = facts.graph.inputs.items()
    rows: list[list[object]] = [[name, "Input", _shape(str(given)), "", ""] for name, given in inputs]
    most = max([1, *(row.parameters for row in facts.table)]), max([1, *(row.macs for row in facts.table)])
    rows += [
        [row.name, row.kind, _shape(format_shape(row.output)), _bar(row.parameters, most[0]), _bar(row.macs, most[1])]
        for row in table_rows
    ]
    totals = sum(row.parameters for row in facts.table), sum(row.macs for row in facts.table)
    frozen = sum(row.frozen for row in facts.table)
    rows.append(["total", "", f"{frozen:,} frozen" if frozen else "", f"{totals[0]:,}", f"{totals[1]:,}"])
    header = ["layer", "kind", "output", "parameters", "multiply-accumulates"]
    intro = ""
    if times:
        intro = f'<p class="faint">{text(_intro(times))}</p>'
        unit, *_ = _unit(times)
        header += [f"forward, {unit}", f"backward, {unit}", "share of time"]
        rows = [[*row, *cells] for row, cells in zip(rows, _timed(times), strict=True)]
    return Section("layers", "Layers", intro + table(header, rows, range(3, len(header)), "total"))


def _shape(shape: str) -> str:
    return shape.replace("x", "×")


def _intro(times: Times) -> str:
    """Return in words what was timed."""
    intro = (
        f"The times are those of a training step on {count(times.examples, 'example')}, measured when this page was "
        f"written, on one core of {processor()}."
    )
    fused = any(node.parts for node in times.graph.nodes)
    return intro + (" Fused layers share one time." if fused else "")


def _timed(times: Times) -> Iterator[list[object]]:
    """Yield the cells of times for each row of the table: the inputs, the layers, and the total."""
    unit, size, digits = _unit(times)

    def shown(seconds: float) -> str:
        return f"{seconds / size:,.{digits}f}" if seconds >= size / 200 else ""

    whole = times.forward + times.backward
    spent = {name: sum(passes) for name, passes in times.passes.items()}
    most = max(spent.values())
    for _ in times.graph.inputs:
        yield ["", "", ""]
    for node in times.graph.nodes:
        own = spent[node.name]
        share = _share(own / most, percent(own / whole, 0)) if own / whole >= LEAST_TIME else ""
        cells = [*map(shown, times.passes[node.name]), share]
        yield [Tall(cell, len(node.own)) for cell in cells]
        for _ in node.own[1:]:
            yield [None, None, None]
    yield [shown(times.forward), shown(times.backward), f"{shown(whole)} {unit}"]


def _unit(times: Times) -> tuple[str, float, int]:
    """Return the unit of the times, its seconds, and how many decimals are shown."""
    return ("ms", 1e-3, 2) if times.forward + times.backward >= 1e-3 else ("µs", 1e-6, 1)


def gradients(facts: Facts) -> Section | None:
    """Return how large the gradients are, from the first layer to the last, and over the epochs."""
    intro = (
        "The root mean square of the gradient of a layer's parameters, before clipping. Where it falls by powers of "
        "ten towards the input, the first layers hardly learn."
    )
    return _section(facts, "gradients", "Gradients by layer", intro, "gradient_rms", logarithmic=True)


def updates(facts: Facts) -> Section | None:
    """Return how much a step changes a layer, relative to its weights."""
    intro = (
        "The norm of a step's change over the norm of the weights, ‖Δθ‖ / ‖θ‖. About 0.001 (the dashed line) is usual: "
        "much less is slow, much more is unstable."
    )
    return _section(facts, "updates", "Updates by layer", intro, "update_ratio", logarithmic=True, usual=HEALTHY)


def units(facts: Facts) -> Section | None:
    """Return the shares of dead and of saturated units, where there are any."""
    body, charts = [], {}
    for column, caption in (("dead", "Dead: 0 for every example"), ("saturated", "Saturated: within 0.03 of a limit")):
        rows = [row for row in facts.layers if row.get(column) is not None]
        if any(row[column] >= LEAST_SHARE for row in rows):
            charts[f"units-{column}"] = _heat(rows, column)
            body.append(figure(f"units-{column}", f"{caption}, share of each layer's units"))
    if not body:
        return None
    intro = (
        "Measured after each epoch, and before the first, on some training examples. A unit that is dead or saturated "
        "gets almost no gradient."
    )
    return Section(
        "units",
        "Dead and saturated units",
        f'<p class="faint">{intro}</p><div class="grid">{"".join(body)}</div>',
        charts,
    )


def _bar(value: int, most: int) -> object:
    return _share(value / most, f"{value:,}") if value else ""


def _share(share: float, content: str) -> Html:
    return Html(f'<span class="bar" style="--share:{100 * share:.1f}%">{content}</span>')


def _section(
    facts: Facts, anchor: str, title: str, intro: str, column: str, logarithmic: bool, usual: float | None = None
) -> Section | None:
    """Return two charts of a figure: by layer for some epochs, and by epoch for each layer."""
    rows = [row for row in facts.layers if finite(row.get(column))]
    names = list(dict.fromkeys(row["layer"] for row in rows))
    if not rows:
        return None
    epochs = sorted({row["epoch"] for row in rows})
    intro += "" if epochs[0] else " Epoch 0 is the first step, from the initial weights."
    charts = {f"{anchor}-layers": _profile(rows, names, thinned(epochs, SHOWN_EPOCHS), column, usual)}
    captions = ["From the first layer to the last" + (", at several epochs" if len(epochs) > 1 else "")]
    legend: Sequence[Series] = ()
    if len(epochs) > 1 and len(names) <= MOST_LINES:
        legend = [Series(f"l{place}", clip(name, 24), _shade(place, len(names))) for place, name in enumerate(names)]
        key = {name: each.name for name, each in zip(names, legend, strict=True)}
        by_epoch: dict[int, dict[str, Any]] = {epoch: {"epoch": epoch} for epoch in epochs}
        for row in rows:
            by_epoch[row["epoch"]][key[row["layer"]]] = row[column]
        charts[f"{anchor}-epochs"] = lines(
            list(by_epoch.values()), legend, f"{title}, over the epochs", logarithmic=logarithmic, height=280
        )
        captions.append("Over the epochs")
    keys = [(f"{anchor}-layers", captions[0], ()), (f"{anchor}-epochs", captions[-1], legend)][: len(captions)]
    body = "".join(figure(name, caption, shown, zooms=bool(shown)) for name, caption, shown in keys)
    return Section(anchor, title, f'<p class="faint">{text(intro)}</p><div class="grid">{body}</div>', charts)


def _profile(rows: Sequence[Any], names: list[str], epochs: list[int], column: str, usual: float | None) -> Spec:
    values = [
        {"layer": clip(row["layer"], 24), "kind": row["kind"], "epoch": row["epoch"], "value": row[column]}
        for row in rows
        if row["epoch"] in epochs
    ]
    shades = [_shade(place, max(2, len(epochs))) for place in range(len(epochs))]
    colour = {
        "field": "epoch",
        "type": "ordinal",
        "scale": {"domain": epochs, "range": shades},
        "legend": {"title": "epoch", "orient": "top"},
    }
    tips = [{"field": name} for name in ("layer", "kind", "epoch")] + [
        {"field": "value", "type": "quantitative", "format": ".3~g"}
    ]
    x = {
        "field": "layer",
        "type": "ordinal",
        "sort": [clip(name, 24) for name in names],
        "title": None,
        "axis": {"labelAngle": -40},
    }
    y = {
        "field": "value",
        "type": "quantitative",
        "title": None,
        "scale": {"type": "log", "nice": False, "padding": 12},
        "axis": powers([row["value"] for row in values]),
    }
    drawn: list[Spec] = [
        {
            "mark": {"type": "line", "point": {"size": 50}},
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": tips},
        }
    ]
    if usual is not None:
        drawn.append(
            {
                "data": {"values": [{"value": usual}]},
                "mark": {"type": "rule", "strokeDash": [4, 4], "color": "--orange"},
                "encoding": {"y": y},
            }
        )
    return {
        "description": "A figure of each layer, at several epochs",
        "height": 280,
        "data": {"values": values},
        "layer": drawn,
    }


def _heat(rows: Sequence[Any], column: str) -> Spec:
    names = list(dict.fromkeys(clip(row["layer"], 24) for row in rows))
    epochs = thinned(sorted({row["epoch"] for row in rows}), 100)
    values = [
        {"layer": clip(row["layer"], 24), "epoch": row["epoch"], "share": row[column]}
        for row in rows
        if row["epoch"] in epochs
    ]
    step = max(1, len(epochs) // 12)
    x = {"field": "epoch", "type": "ordinal", "title": "epoch", "axis": {"values": epochs[::step], "labelAngle": 0}}
    y = {"field": "layer", "type": "nominal", "sort": names, "title": None, "axis": {"labelLimit": 140}}
    colour = {
        "field": "share",
        "type": "quantitative",
        "scale": {"domain": [0, 1], "range": ["--card", "--red"]},
        "legend": {"format": "%", "title": None, "orient": "top", "gradientLength": 160},
    }
    tips = [{"field": "layer"}, {"field": "epoch"}, {"field": "share", "type": "quantitative", "format": ".1%"}]
    return {
        "description": f"Share of {column} units by layer and epoch",
        "height": 24 * len(names) + 8,
        "data": {"values": values},
        "mark": {"type": "rect", "stroke": "--paper", "strokeWidth": 1},
        "encoding": {"x": x, "y": y, "color": colour, "tooltip": tips},
    }


def _shade(place: int, many: int) -> str:
    """Return the colours, on light and on dark paper, between those of the first and of the last of many."""
    at = place / max(1, many - 1) * (len(VIRIDIS) - 1)
    low = min(int(at), len(VIRIDIS) - 2)
    return "/".join(_mixed(ramp[low], ramp[low + 1], at - low) for ramp in (VIRIDIS, ON_DARK))


def _mixed(first: str, second: str, share: float) -> str:
    ends = ([int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in (first, second))
    return "#" + "".join(f"{round(a + share * (b - a)):02x}" for a, b in zip(*ends, strict=True))
