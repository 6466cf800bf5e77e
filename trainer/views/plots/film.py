"""The boundary while the network learns, as a GIF; from the weights that callbacks.Snapshots keeps."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from trainer.problems import shown
from trainer.runs import checkpoint
from trainer.runs.folder import SNAPSHOTS
from trainer.views.film import Film
from trainer.views.plots.boundary import draw_boundary, points_of
from trainer.views.subject import UnsuitableError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trainer.views.subject import Subject

MOST_FRAMES = 60
ADDED = "'+callbacks.snapshots={_target_: trainer.callbacks.Snapshots}'"


def draw(subject: Subject) -> Film:
    points_of(subject)
    if len(_weights(subject)) < 2:
        again = f"trainer train --like {shlex.quote(str(subject.directory))} {ADDED}"
        raise UnsuitableError(f"the weights of its epochs were not kept; train again with {again}")
    return Film(_frames(subject))


def _weights(subject: Subject) -> list:
    files = sorted((subject.directory / SNAPSHOTS).glob("epoch_*.safetensors"))
    step = -(-len(files) // MOST_FRAMES)
    return files[::-1][::step][::-1] if files else []  # the last one is among them


def _frames(subject: Subject) -> Iterator[Figure]:
    network, figures = subject.network, {row["epoch"]: row for row in subject.history}
    points, targets = points_of(subject)
    for path in _weights(subject):
        saved = checkpoint.read(path)
        saved.restore(network.parameters)
        epoch = int(saved.metadata["epoch"])
        row = figures.get(epoch, {})
        loss = row.get("val_loss", row.get("train_loss"))
        reached = f"epoch {epoch}" + (f", loss {shown(loss)}" if loss is not None else "")
        yield draw_boundary(network, points, targets, subject.title, reached)
