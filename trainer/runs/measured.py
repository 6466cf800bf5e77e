"""The outputs and figures of a run's network for the examples of a split."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from trainer import datasets
from trainer.datasets.transforms import View
from trainer.engine.baseline import Baseline, judged, trivial
from trainer.engine.evaluation import measure
from trainer.engine.setup import Setup
from trainer.ground import console
from trainer.ground.errors import UserError
from trainer.ground.streams import stream
from trainer.ground.values import ConfigError
from trainer.runs import data
from trainer.runs.network import Network
from trainer.runs.records import workers_of

ALL = "all"
EVALUATION_BYTES = 2 << 30  # activations of one batch: a larger batch of a run is taken in parts


@dataclass(frozen=True)
class Measured:
    """A network's outputs for the N examples of a split.

    Attributes:
        split: Its name: train, validation or test.
        examples: The examples themselves, without augmentation.
        available: How many there would be without the run's limit.
        figures: By name, as in metrics.csv.
        outputs: (N, *output_shape).
        baseline: The best constant answer by the run's training part; None on other data, or where there is none.
    """

    split: str
    examples: datasets.Source
    available: int
    figures: dict[str, float | None]
    outputs: np.ndarray
    baseline: Baseline | None = None

    @property
    def targets(self) -> np.ndarray:
        """What the outputs should be, (N, ...)."""
        return self.examples.targets


def measured(
    network: Network, split: str = "test", dataset: datasets.Dataset | None = None, everything: bool = False
) -> Measured:
    """Return what a network gives for a split.

    On the run's own data the figures equal the run's to the last digit: the same examples go through the network in the
    same batches and shards.

    Args:
        network: As `load` returns it.
        split: train, validation or test, drawn as in the run. For other data, also all: their test part if they have
            one, else everything.
        dataset: Data other than the run's; what the run learned from its own data, such as mean and std, is applied.
        everything: Take all examples of the split, even if the run had a limit.

    If the run's data have changed since, a line on stderr says so.

    Raises:
        ConfigError, GraphError: The data does not fit the network, or the split has no examples.
        DataError: It cannot be read.
    """
    source = dataset or network.dataset
    if (source.inputs, source.num_classes) != (network.dataset.inputs, network.dataset.num_classes):
        raise ConfigError(
            f"{source.name}: its examples have the shape {list(source.input_shape)} and {source.num_classes} classes, "
            f"the network wants {list(network.input_shape)} and {network.dataset.num_classes}; choose other data"
        )
    setup = Setup(network.config)
    if split == ALL:
        splits = source.load(0, stream(setup.seed, "split"))
        split, everything = "test" if len(splits.test) else "train", True
    else:
        splits = source.load(setup.validation, stream(setup.seed, "split"))
    available = len(getattr(splits, split))
    if not available:
        raise ConfigError(f"the split '{split}' has no examples; choose another with --split")
    setup.problem.check_targets(getattr(splits, split).targets)
    if dataset is None and (remark := data.changed(network.trained_on, setup.limited(splits))):
        console.tell(f"warning: {remark}")
    if not everything:
        splits = setup.limited(splits)
    ran = workers_of(network.path.parent.parent) if network.path else None
    workers = ran or setup.workers  # if the run does not tell, as many as it would have now
    total, outputs = measure(setup, network.parameters, splits, split, workers, network.batch_of(EVALUATION_BYTES))
    figures = setup.problem.figures(total.sums, total.examples)
    known = None if dataset else trivial(setup.problem, setup.loss, source, splits, (split,))
    return Measured(split, getattr(splits, split), available, figures, outputs, known)


def is_of_run(network: Network, dataset: datasets.Dataset) -> bool:
    """Return whether data are those that a network was trained on, at the same place or at another one."""
    places = [each.place() for each in (dataset, network.dataset)]
    if places[0] == places[1] or (all(places) and len({Path(str(place)).resolve() for place in places}) == 1):
        return True
    if network.trained_on is None:
        return False
    setup = Setup(network.config)
    try:
        splits = dataset.load(setup.validation, stream(setup.seed, "split"))
    except UserError:  # others, which cannot be divided so
        return False
    return not data.changed(network.trained_on, setup.limited(splits))


def averaged(network: Network, plain: Measured, views: Sequence[View]) -> Measured:
    """Return what a network gives for the same examples by the mean of its probabilities over several views of each.

    Where the loss compares the outputs themselves with the targets, without a softmax or sigmoid of its own, it is the
    mean of the outputs.

    Raises:
        ConfigError: The problem knows no such means.
    """
    setup = Setup(network.config)
    problem, loss = setup.problem, setup.loss
    outputs = network.averaged(plain.examples, views, raw=not loss.activation)
    if loss.activation:
        outputs = problem.outputs_of(outputs)
    total = judged(problem, loss, np.moveaxis(outputs, 0, -1), plain.targets)
    return replace(plain, figures=problem.figures(total.sums, total.examples), outputs=outputs)
