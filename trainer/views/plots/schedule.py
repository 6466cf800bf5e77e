"""The learning rate over all steps."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.engine.setup import Setup
from trainer.runs import checkpoint
from trainer.runs.trust import find_checkpoint
from trainer.views import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trainer.views.subject import Subject

MOST_POINTS = 2000


def draw(subject: Subject) -> Figure:
    steps = int(checkpoint.read(find_checkpoint(subject.run)).metadata["steps_per_epoch"])
    setup, epochs = Setup(subject.network.config), subject.network.config["epochs"]
    return draw_schedule(setup.schedule, setup.optimizer.lr, epochs, steps, subject.title, subject.history)


def draw_schedule(
    schedule: Any, lr: float, epochs: int, steps_per_epoch: int, title: str = "",
    history: Sequence[dict[str, Any]] = (),
) -> Figure:  # fmt: skip
    """Draw the learning rate of every step of a run, and what it was, where a resumed run had another plan before.

    Args:
        schedule: See `trainer.training.schedules.Schedule`.
        lr: The base rate.
        epochs, steps_per_epoch: The numbers of epochs and of steps per epoch.
        title: Names it.
        history: The epochs so far, with their rates. What a schedule does that waits for figures depends on them;
            without those, the rate is drawn as far as it is known.
    """
    known = epochs if schedule.needs() is None else min(epochs, len(history) + 1)
    steps = np.unique(np.linspace(0, known * steps_per_epoch - 1, MOST_POINTS).astype(np.int64))
    pasts = [list(history[:epoch]) for epoch in range(known + 1)]

    def rate(step: int) -> float:
        return lr * schedule(step, steps_per_epoch, epochs, pasts[step // steps_per_epoch])

    rates = [rate(int(step)) for step in steps]
    figure = style.new_figure(6.4, 3.0)
    axes = figure.add_subplot()
    style.style_axes(axes, "Learning rate")
    (line,) = axes.plot(steps + 1, rates, color=style.VALIDATION, linewidth=1.8)
    had = {row["epoch"] * steps_per_epoch: row["lr"] for row in history[:known] if row.get("lr") is not None}
    axes.set(xlabel="step", xlim=(0, epochs * steps_per_epoch), ylim=(0, 1.08 * max(*rates, *had.values()) or 1))
    axes.xaxis.get_major_locator().set_params(integer=True)
    if any(abs(rate(end - 1) - was) > 1e-6 * lr for end, was in had.items()):
        dots = axes.scatter(had.keys(), had.values(), s=22, color=style.BEST, zorder=3, clip_on=False)
        style.side_legend(figure, [(line, "the plan"), (dots, "as it was, at the\nend of each epoch")])
    scales = partial(_times, 1 / steps_per_epoch), partial(_times, steps_per_epoch)
    above = axes.secondary_xaxis("top", functions=scales)
    above.set_xlabel("epoch", fontsize=9, color=style.FAINT)
    above.tick_params(length=0, labelsize=9, labelcolor=style.FAINT)
    above.spines["top"].set_visible(False)
    above.xaxis.get_major_locator().set_params(integer=True)
    name = type(schedule).__name__
    length = f"{epochs} epoch{'s' if epochs != 1 else ''} of {steps_per_epoch:,} steps"
    style.headline(figure, title, f"{name}, {length}, at most {max(rates):.3g}")
    return figure


def _times(factor: float, values: Any) -> Any:
    return factor * values
