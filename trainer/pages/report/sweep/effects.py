"""What each swept value does to the objective, and how much of its spread each key explains."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean

from trainer.pages.report.charts import powers, spans
from trainer.pages.report.section import Section, Spec, clip, figure, number, percent, table, text
from trainer.pages.report.sweep.facts import Run, SweepFacts, as_number, interval

MOST_KEYS = 12
MOST_VALUES = 40
FEW_VALUES = 5  # that are always a row of groups


def effects(facts: SweepFacts) -> Section | None:
    """Return a chart for each key: the runs as dots, the mean for each value with its 95 % interval.

    Where values hardly repeat, as those of a search, there are only dots.
    """
    runs = facts.near
    body, charts, averaged = [], {}, False
    for place, key in enumerate(facts.keys[:MOST_KEYS]):
        groups = by_value(runs, key)
        if len(groups) < 2:
            continue
        spread = _is_continuous(groups)
        charts[f"effect-{place}"] = (_dots if spread else _means)(key, groups, facts.goal)
        averaged = averaged or not spread
        rows = [
            [value, len(goals), number(mean(goals)), " to ".join(map(number, interval(goals)))]
            for value, goals in groups.items()
        ]
        body.append(
            figure(f"effect-{place}", key, numbers=table([key, "runs", "mean", "95 % interval"], rows, (1, 2, 3)))
        )
    if not body:
        return None
    intro = (
        f"{facts.goal} of all runs with a value, whatever their other values are: dots are runs"
        + (", bars the 95 % interval of the mean (Student's t). Intervals that overlap say little" if averaged else "")
        + f"; left out are failed runs{_far(facts)}."
    )
    return Section(
        "effects", "Effects", f'<p class="faint">{text(intro)}</p><div class="grid">{"".join(body)}</div>', charts
    )


def _far(facts: SweepFacts) -> str:
    return f", and {facts.far} far off all others" if facts.far else ""


def importance(facts: SweepFacts) -> Section | None:
    """Return how much each key matters.

    For a search this is PED-ANOVA (Watanabe et al. 2023), else the share of the objective's variance that a key
    explains alone (η², Fisher 1925).
    """
    shares = facts.importances if facts.searched else explained(facts.near, facts.keys)
    if len(shares) < 2:
        return None
    rows = [{"key": clip(key, 40), "share": share} for key, share in sorted(shares.items(), key=lambda item: -item[1])]
    tips = [{"field": "key"}, {"field": "share", "type": "quantitative", "format": ".1%"}]
    y = {"field": "key", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 180}}
    x = {
        "field": "share",
        "type": "quantitative",
        "title": None,
        "axis": {"format": "%", "tickCount": 5},
        "scale": {"domain": [0, 1]},
    }
    spec = {
        "description": "Importance of each key",
        "height": 28 * len(rows) + 8,
        "data": {"values": rows},
        "mark": {"type": "bar", "color": "--blue"},
        "encoding": {"x": x, "y": y, "tooltip": tips},
    }
    intro = (
        "How much each key decides whether a run is among the better ones (PED-ANOVA), all keys together 100 %."
        if facts.searched
        else f"How much of the spread of {facts.goal} over all runs each key explains alone (η²). What is missing to "
        "100 % comes from seeds, and from keys that act together. It says most where all combinations were run."
    )
    numbers = table(["key", "share"], [[row["key"], percent(float(str(row["share"])))] for row in rows], (1,))
    return Section(
        "importance",
        "Importance",
        f'<p class="faint">{text(intro)}</p>{figure("importance-chart", numbers=numbers)}',
        {"importance-chart": spec},
    )


def _is_continuous(groups: dict[str, list[float]]) -> bool:
    """Return whether the values are numbers of which most have a single run."""
    few = sum(map(len, groups.values())) < 2 * len(groups)
    return len(groups) > FEW_VALUES and few and all(as_number(value) is not None for value in groups)


def by_value(runs: list[Run], key: str) -> dict[str, list[float]]:
    """Return the objectives of runs by their value of a key, numbers in their order."""
    groups: dict[str, list[float]] = {}
    for run in runs:
        if run.goal is not None:
            groups.setdefault(run.values.get(key, ""), []).append(run.goal)
    numbers = {value: as_number(value) for value in groups}
    if None in numbers.values():
        return dict(sorted(groups.items()))
    return dict(sorted(groups.items(), key=lambda item: numbers[item[0]] or 0.0))


def explained(runs: list[Run], keys: Sequence[str]) -> dict[str, float]:
    """Return by key the sum of squares between its values over that of all runs."""
    goals = [run.goal for run in runs if run.goal is not None]
    if len(goals) < 3:
        return {}
    middle = mean(goals)
    total = sum((goal - middle) ** 2 for goal in goals)
    if not total:
        return {}
    found = {}
    for key in keys:
        groups = by_value(runs, key)
        if 1 < len(groups) < len(goals):
            found[key] = sum(len(group) * (mean(group) - middle) ** 2 for group in groups.values()) / total
    return found


def _dots(key: str, groups: dict[str, list[float]], goal: str) -> Spec:
    rows = [{"value": as_number(value), "goal": each} for value, goals in groups.items() for each in goals]
    values = [row["value"] for row in rows]
    x: Spec = {"field": "value", "type": "quantitative", "title": None}
    x["scale"] = {"type": "log" if spans(values) else "linear", "zero": False, "padding": 8}
    x["axis"] = powers(values) if spans(values) else {"tickCount": 5, "labelExpr": "format(datum.value, '~g')"}
    y = {"field": "goal", "type": "quantitative", "title": None, "scale": {"zero": False, "padding": 8}}
    tips = [
        {"field": name, "title": title, "type": "quantitative", "format": ".4~g"}
        for name, title in (("value", key), ("goal", goal))
    ]
    return {
        "description": f"{goal} of each run by {key}",
        "height": 240,
        "data": {"values": rows},
        "mark": {"type": "point", "size": 60},
        "encoding": {"x": x, "y": y, "tooltip": tips},
    }


def _means(key: str, groups: dict[str, list[float]], goal: str) -> Spec:
    names = list(groups)[:MOST_VALUES]
    dots = [{"value": clip(name, 24), "goal": each} for name in names for each in groups[name]]
    means = [
        {"value": clip(name, 24), "goal": mean(groups[name]), "low": low, "high": high, "runs": len(groups[name])}
        for name in names
        for low, high in [interval(groups[name])]
    ]
    x = {
        "field": "value",
        "type": "ordinal",
        "sort": [clip(name, 24) for name in names],
        "title": None,
        "axis": {"labelAngle": 0 if sum(map(len, names)) < 40 else -40, "labelLimit": 140},
    }
    # The axis fits the runs: of two seeds an interval can be as wide as you like.
    values = [each for group in groups.values() for each in group]
    room = 0.1 * ((max(values) - min(values)) or abs(values[0]) or 1)
    scale = {"domain": [min(values) - room, max(values) + room], "zero": False, "nice": True}
    y = {"field": "goal", "type": "quantitative", "title": None, "scale": scale}
    tips = [{"field": "value", "title": key}, {"field": "runs"}]
    tips += [
        {"field": name, "title": title, "type": "quantitative", "format": ".4~g"}
        for name, title in (("goal", f"mean {goal}"), ("low", "from"), ("high", "to"))
    ]
    layers: list[Spec] = [
        {
            "data": {"values": dots},
            "mark": {"type": "point", "color": "--grey", "opacity": 0.6, "size": 24, "clip": True, "xOffset": 10},
            "encoding": {"x": x, "y": y},
        },
        {"mark": {"type": "line", "color": "--blue", "strokeWidth": 1.5, "opacity": 0.5}, "encoding": {"x": x, "y": y}},
        {
            "mark": {"type": "rule", "color": "--blue", "strokeWidth": 2.5, "clip": True},
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "tooltip": tips},
        },
        {"mark": {"type": "point", "color": "--blue", "size": 80}, "encoding": {"x": x, "y": y, "tooltip": tips}},
    ]
    return {"description": f"{goal} for each value of {key}", "height": 240, "data": {"values": means}, "layer": layers}
