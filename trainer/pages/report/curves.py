"""How the figures went over the epochs."""

from __future__ import annotations

from trainer.pages.report.charts import lines, spans
from trainer.pages.report.facts import Facts
from trainer.pages.report.section import Section, Series, figure, number, table
from trainer.problems import metric_of

PARTS = {"train": Series("train", "training", "--grey"), "val": Series("val", "validation", "--blue")}
MOST_ROWS = 200  # of a table of numbers


def curves(facts: Facts) -> Section | None:
    """Return a chart for each metric and one for the learning rate; None before the end of the first epoch."""
    if not facts.epochs:
        return None
    rows = [dict(zip(facts.history, values, strict=True)) for values in zip(*facts.history.values(), strict=True)]
    columns = [name for name in facts.history if metric_of(name)]
    metrics = list(dict.fromkeys(name.partition("_")[2] for name in columns))
    metrics.sort(key=lambda name: name != "loss")
    body, charts = [], {}
    for metric in metrics:
        series = [each for part, each in PARTS.items() if f"{part}_{metric}" in columns]
        found = metric_of(f"train_{metric}")
        if found is None:
            continue
        label = found.label[0].upper() + found.label[1:]
        name = f"curve-{metric}"
        values = [{"epoch": row["epoch"], **{s.name: row.get(f"{s.name}_{metric}") for s in series}} for row in rows]
        log = not found.higher_is_better and spans([row[s.name] for row in values for s in series])
        charts[name] = lines(values, series, f"{label} over the epochs", logarithmic=log, marked=facts.kept)
        numbers = table(
            ["epoch", *(each.label for each in series)],
            [[number(row["epoch"]), *(number(row[each.name]) for each in series)] for row in values[:MOST_ROWS]],
            range(1 + len(series)),
        )
        body.append(figure(name, label, series, numbers, zooms=True))
    if any(facts.history.get("lr", ())):
        rate = [Series("lr", "learning rate", "--purple")]
        charts["curve-lr"] = lines(rows, rate, "The learning rate over the epochs", logarithmic=False)
        body.append(figure("curve-lr", "Learning rate", zooms=True))
    return Section(
        "curves", "Curves", f'<p class="faint">{_intro(facts)}</p><div class="grid">{"".join(body)}</div>', charts
    )


def _intro(facts: Facts) -> str:
    kept = f"The dashed line is epoch {facts.kept}, whose weights are kept. " if facts.kept else ""
    hint = (
        "Drag moves along the epochs, Shift and the wheel zoom, a double click shows all; with the keyboard ← → + − 0."
    )
    return f'{kept}<span class="screen">{hint}</span>'
