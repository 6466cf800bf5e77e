"""Pictures of a search: how it went, and what mattered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import isfinite
from typing import TYPE_CHECKING

from trainer.sweep.effects import Marks, number
from trainer.sweep.jobs import Job, pruned
from trainer.sweep.search import direction
from trainer.training import objective
from trainer.views import style
from trainer.views.limits import LOG_RATIO, spread

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEWEST = 8  # finished runs that can show what mattered


def draw_history(jobs: Sequence[Job], goal: str, title: tuple[str, str] = ("", "")) -> Figure:
    """Draw the objective of every run in the order of the search, and the best so far.

    Runs are marked as in the picture of effects: pruned ones are hollow, failed ones crosses at the lower edge.
    """
    figure = style.new_figure(6.4, 3.4)
    axes = figure.add_subplot()
    style.style_axes(axes, objective.label(goal).capitalize())
    axes.set_xlabel("run")
    jobs = sorted(jobs, key=lambda job: job.number)
    marks = Marks(jobs, goal)
    marks.draw(axes, {job.name: job.number for job in jobs}, style.VALIDATION, means=False)
    values = [objective.value(job.result, goal) for job in jobs]
    best = [*accumulate(values, max if objective.maximised(goal) else min)]
    shown = [(job.number, value) for job, value in zip(jobs, best, strict=True) if isfinite(value)]
    (line,) = axes.step(*zip(*shown, strict=True), where="post", color=style.BEST, linewidth=1.6, label="best so far")
    marks.fit(axes)
    axes.xaxis.get_major_locator().set_params(integer=True)
    style.side_legend(figure, [(line, "best so far"), *marks.entries(style.VALIDATION)])
    style.headline(figure, *title)
    return figure


def draw_importance(importance: Mapping[str, float], title: str = "") -> Figure:
    """Draw a bar for each parameter, the most important on top."""
    figure = style.new_figure(6.4, 1.2 + 0.4 * len(importance))
    style.headline(figure, title)
    axes = figure.add_subplot()
    style.style_axes(axes, "Importance of each parameter")
    names = list(importance)[::-1]
    places = range(len(names))
    bars = axes.barh(places, [importance[name] for name in names], color=style.VALIDATION, height=0.6)
    axes.set_yticks(places, [style.plain(name) for name in names])
    axes.bar_label(bars, fmt="{:.2f}", padding=4, fontsize=9, color=style.INK)
    axes.set_xlim(0, 1.1 * max(importance.values()))
    axes.grid(visible=False, axis="y")
    return figure


def importances(jobs: Sequence[Job], short: Mapping[str, str], goal: str) -> dict[str, float]:
    """Return the importance of every parameter, largest first (PED-ANOVA, Watanabe et al. 2023).

    Pruned runs do not count, since they might have become better. Empty if the others are too few or all equally good.
    """
    import optuna
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    finished = [job for job in jobs if isfinite(objective.value(job.result, goal)) and not pruned(job)]
    if len(finished) < FEWEST or len({objective.value(job.result, goal) for job in finished}) == 1:
        return {}
    space, settings = {}, [dict(job.values) for job in finished]
    for key in finished[0].values:
        texts = [job.values[key] for job in finished]
        numbers = [number(text) for text in texts]
        if None in numbers:
            space[short[key]] = CategoricalDistribution(sorted(set(texts)))
        elif len(set(numbers)) > 1:
            space[short[key]] = FloatDistribution(min(numbers), max(numbers), log=spread(numbers) > LOG_RATIO)
        for setting, text, value in zip(settings, texts, numbers, strict=True):
            setting[key] = text if None in numbers else value
    study = optuna.create_study(direction=direction(goal))
    for job, setting in zip(finished, settings, strict=True):
        params = {short[key]: value for key, value in setting.items() if short[key] in space}
        value = objective.value(job.result, goal)
        study.add_trial(optuna.create_trial(params=params, distributions=space, value=value))
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    return optuna.importance.get_param_importances(study, evaluator=evaluator)
