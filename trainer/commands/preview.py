"""`trainer preview`: the data as a network gets them, what looks suspicious, and what simple models reach."""

import logging
import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from trainer import models
from trainer.commands.command import table
from trainer.datasets import INPUT, TARGET, Dataset, Splits, Text, checks, number_of_batches
from trainer.datasets.tables.columns import DATE, YES_NO
from trainer.datasets.transforms import as_stored
from trainer.engine.baseline import Baseline, following, linear, mean_target, trivial
from trainer.engine.setup import make_loss, make_problem
from trainer.engine.shard import SPLITS
from trainer.ground.streams import stream
from trainer.ground.targets import instantiate
from trainer.ground.text import printable
from trainer.problems import shown
from trainer.runs.folder import PLOTS
from trainer.training.limit import limited
from trainer.training.optimizers import Optimizer
from trainer.training.schedules import Schedule

MOST_ROWS = 40  # of a table that is printed
MOST_CHARACTERS = 10  # of a text, the most frequent
MEASURED = ("validation", "test")

log = logging.getLogger("trainer")


def preview(config: dict[str, Any], directory: Path) -> None:
    """Draw plots/preview.png; show what each split holds, what is suspicious, and what simple answers reach.

    Of pictures that are augmented, plots/augmentations.png too. The model is left aside. Raises DataError where the
    data cannot be used.
    """
    from trainer.views import save
    from trainer.views.examples import draw_augmentations, is_picture
    from trainer.views.preview import draw_preview

    dataset: Dataset = instantiate(config["data"], Dataset, "data", allow=config["allow"])
    splits = dataset.load(config["validation"], stream(config["seed"], "split"))
    shape = (dataset.num_classes,) if dataset.num_classes else splits.train.fields[TARGET].shape or (1,)
    graph = models.build({"outputs": {}}, {INPUT: models.Input(shape)}, lambda *_: models.Dropout(0.0))
    problem = make_problem(dataset, graph, config["allow"])
    loss = make_loss(config, problem)
    for split in SPLITS:
        for targets in getattr(splits, split).chunks(TARGET):
            problem.check_targets(targets)
    splits = limited(splits, config["limit"], config["seed"])

    say(f"{dataset.name}: {dataset.place() or 'downloaded'}", *dataset.described())
    say("", table(held(dataset, splits)))
    columns, targets = checks.columns(dataset, splits)
    if rows := ranges(dataset, splits, columns):
        say("", table(rows, left=(0, 1)))
    say("", *(suspicions(dataset, splits, columns, targets) or ["nothing suspicious was found"]))
    known = [split for split in MEASURED if len(getattr(splits, split))]
    simple = following if isinstance(dataset, Text) else linear
    found = [kind(problem, loss, dataset, splits, known) for kind in (trivial, simple)]
    if known:
        say("", "without a network:", table(compared([each for each in found if each], known, [*problem.metrics])))
    picture = directory / PLOTS / "preview.png"
    save(draw_preview(dataset, splits.train, columns, targets, config["seed"]), picture)
    say("", f"examples as the network gets them are in {picture}")
    if dataset.augment and is_picture(dataset.inputs.get(INPUT)):
        save(draw_augmentations(dataset, as_stored(splits.train), config["seed"]), picture.with_stem("augmentations"))
        say(f"what each augmentation makes of them is in {picture.with_stem('augmentations')}")
    _draw_rate(config, len(splits.train), directory / PLOTS / "schedule.png")


def _draw_rate(config: dict[str, Any], examples: int, path: Path) -> None:
    """Draw the learning rate that the configuration plans, unless it waits for figures."""
    from trainer.views import save
    from trainer.views.plots.schedule import draw_schedule

    make = partial(instantiate, allow=config["allow"])
    schedule: Schedule = make(config["schedule"], Schedule, "schedule")
    optimizer: Optimizer = make(config["optimizer"], Optimizer, "optimizer")
    steps = number_of_batches(examples, config["batch_size"] * config["accumulate"], config["drop_last"])
    if steps and schedule.needs() is None:
        save(draw_schedule(schedule, optimizer.lr, config["epochs"], steps), path)
        say(f"the learning rate over {config['epochs'] * steps:,} steps is in {path}")


def say(*lines: str) -> None:
    """Show lines of text, which may come from a stranger's files."""
    for line in lines:
        log.info("%s", "\n".join(printable(part) for part in line.split("\n")))


def held(dataset: Dataset, splits: Splits) -> list[list[str]]:
    """Return the rows of a table: how many examples each split has, of each class, or of which values."""
    parts = [getattr(splits, split) for split in SPLITS]
    rows = [["", *SPLITS], ["examples", *(f"{len(part):,}" for part in parts)]]
    if dataset.num_classes is None:
        scale, mean = np.asarray(dataset.target_std or 1.0), np.asarray(dataset.target_mean or 0.0)
        size = math.prod(splits.train.fields[TARGET].shape)
        values = [(part.targets * scale + mean).reshape(len(part), size) for part in parts]
        names = dataset.value_names if len(dataset.value_names) > 1 else ("target",)
        for place, target in enumerate(names):
            columns = [each[:, place] if len(names) > 1 else each for each in values]
            for what, function in ((f"least {target}", np.min), ("mean", np.mean), ("largest", np.max)):
                rows.append([what, *(f"{function(each):.4g}" if len(each) else "" for each in columns)])
        return rows
    counts = [mean_target(part, dataset.num_classes) * len(part) for part in parts]
    order = range(dataset.num_classes)
    if isinstance(dataset, Text):
        order = np.argsort(-counts[0], kind="stable")[:MOST_CHARACTERS]
    elif dataset.num_classes > MOST_ROWS:  # the rarest are where things go wrong
        order = np.argsort(counts[0], kind="stable")[:MOST_ROWS]
    name = repr if isinstance(dataset, Text) else str
    rows += [[name(dataset.class_names[each]), *(f"{round(count[each]):,}" for count in counts)] for each in order]
    if len(order) < dataset.num_classes:
        rows.append([f"and {dataset.num_classes - len(order)} more", "", "", ""])
    return rows


def ranges(dataset: Dataset, splits: Splits, columns: Sequence[checks.Column]) -> list[list[str]]:
    """Return the rows of a table: of each column, or each channel, in which range its values lie."""
    rows = [["input", "holds", "missing", "different", "least", "mean", "largest"]]
    for column in columns[:MOST_ROWS]:
        known = column.values[~np.isnan(column.values)]
        different = f"{len(np.unique(known)):,}"
        rows.append([column.name, column.kind, f"{column.missing:,}", different, *_cells(column, known)])
    if len(columns) > MOST_ROWS:
        rows.append([f"and {len(columns) - MOST_ROWS} more", *[""] * 6])
    if not columns:
        rows = [["input", "holds", "least", "mean", "largest"]]
        for name in dataset.inputs:
            field = splits.train.fields[name]
            values = checks.some(splits.train).read_all(name)
            sizes = "x".join(map(str, field.shape)) or "one"
            rows += [[f"{name} {sizes}", str(field.dtype), f"{values.min():.4g}", f"{values.mean():.4g}",
                      f"{values.max():.4g}"]]  # fmt: skip
    return rows


def _cells(column: checks.Column, known: np.ndarray) -> list[str]:
    """Return the least, mean and largest of the values that are known, as a user writes them; of a category levels."""
    if column.kind == YES_NO:
        return ["no", f"{known.mean():.0%} yes", "yes"] if len(known) else [""] * 3
    if column.levels or not len(known):
        return [", ".join(column.levels[:3])[:30], "", ""]
    numbers = (known.min(), known.mean(), known.max())
    if column.kind == DATE:
        return [str(np.datetime64(int(days), "D")) for days in numbers]
    return [f"{number:.4g}" for number in numbers]


def suspicions(dataset: Dataset, splits: Splits, columns: Sequence[checks.Column], targets: np.ndarray) -> list[str]:
    """Return a line for each thing that may be wrong."""
    parts = {split: getattr(splits, split) for split in SPLITS}
    if isinstance(dataset, Text):
        return [*checks.unknown(parts), *checks.duplicates(dataset, parts, within=False)]
    return [
        *checks.without_examples(dataset, parts),
        *checks.rare(dataset, splits.train),
        *checks.duplicates(dataset, parts),
        *checks.nearly_constant(columns),
        *checks.thousands(dataset),
        *checks.blank(splits.train),
        *checks.give_away(columns, targets),
    ]


def compared(found: Sequence[Baseline], splits: Sequence[str], metrics: Sequence[str]) -> list[list[str]]:
    """Return the rows of a table: the figures of simple answers on each split."""
    rows = [["", *(f"{split} {name}" for split in splits for name in metrics)]]
    for each in found:
        figures = [each.figures[split][name] for split in splits for name in metrics]
        rows.append([each.name, *("" if figure is None else shown(figure) for figure in figures)])
    return rows
