"""A trained network, ready to be used: `from trainer import load; load("outputs/...").predict(images)`."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from trainer import datasets, models
from trainer.datasets.transforms import Transformed, View, views
from trainer.engine.setup import build_graph, make_problem
from trainer.ground.errors import ForeignError
from trainer.ground.targets import instantiate
from trainer.ground.values import ConfigError
from trainer.models.shape import format_shape
from trainer.models.summary import layer_rows
from trainer.runs import checkpoint
from trainer.runs.prepared import Inputs, prepared
from trainer.runs.trust import check_shapes, check_size, checked_config, example_bytes, find_checkpoint, located

LARGEST_BATCH = 256
BATCH_BYTES = 128 << 20  # activations of one batch
MOST_IDLE = os.cpu_count() or 1  # workspaces to keep for later; more could not work at once


def load(run: Path | str, allow: Sequence[str] = ()) -> "Network":
    """Return the network of a run (its best weights, else the last) or of a checkpoint.

    Nothing in the file is trusted, nothing is unpickled, and the training data are not needed.

    Args:
        run: Run directory, a .safetensors file of its checkpoints, a sweep's directory or "last"; see
            `trainer.runs.find.find`.
        allow: Packages besides ours whose classes the network may use.

    Raises:
        ConfigError, GraphError, trainer.runs.checkpoint.CheckpointError, OSError: one line that names the file.
    """
    path = find_checkpoint(run)
    saved = checkpoint.read(path)
    config = checked_config(saved.metadata["config"], allow, path)
    try:
        dataset = instantiate(config["data"], datasets.Dataset, "data", allow=config["allow"])
        graph = build_graph(config, dataset)
        check_size(graph, config["precision"], path)
    except ForeignError as error:
        raise located(error.advised("load(run, allow=['{}'])"), path) from None
    except (ConfigError, models.GraphError) as error:
        raise located(error, path) from None
    except Exception as error:  # whatever else a strange configuration raises
        raise ConfigError(f"{path}: its configuration makes no network: {error}") from error
    check_shapes(graph, saved)
    parameters = models.ParameterStore(graph.parameters, config["precision"])
    saved.restore(parameters)
    origin, trained_on = (saved.metadata.get(name) for name in ("started_from", "data"))
    return Network(graph, parameters, dataset, config, path, origin, trained_on)


class Network:
    """A graph with its parameters, for examples in the form of its data. Any number of threads may use it at once.

    Each thread takes a workspace that no other one uses, and leaves it to the next.

    Attributes:
        classes: Names of the classes; empty for regression.
        input_shape: The shape of one example of the first input, without batch axis, after the transforms of the data.
        problem: What the outputs mean.
        config: The configuration of the run, checked.
        path: The checkpoint.
        started_from: Path and sha256 of the file that its first weights came from; None: they were random.
        trained_on: Hash of its run's examples, see `trainer.runs.data`; None: it is not known.
    """

    def __init__(
        self,
        graph: models.Graph,
        parameters: models.ParameterStore,
        dataset: datasets.Dataset,
        config: dict[str, Any],
        path: Path | None = None,
        started_from: Mapping[str, str] | None = None,
        trained_on: str | None = None,
    ) -> None:
        self.graph, self.parameters, self.dataset, self.config, self.path = graph, parameters, dataset, config, path
        self.started_from, self.trained_on = started_from, trained_on
        self.problem = make_problem(dataset, graph, config.get("allow", ()))
        self.classes: tuple[str, ...] = tuple(dataset.class_names) if dataset.num_classes is not None else ()
        self.input_shape = graph.input_shapes[0]
        self.batch_size = min(LARGEST_BATCH, self.batch_of(BATCH_BYTES))
        self._idle: list[models.Workspace] = []

    def __repr__(self) -> str:
        """Return what it takes and gives, its size, and where it comes from."""
        classes = ", ".join(self.classes[:10]) + (", ..." if len(self.classes) > 10 else "")
        facts = [
            f"{format_shape(self.input_shape)} to {classes or format_shape(self.graph.output_shape)}",
            f"{sum(row.parameters for row in layer_rows(self.graph)):,} parameters",
            *([str(self.path)] if self.path else []),
        ]
        return f"<Network on {self.dataset.name}: {'; '.join(facts)}>"

    def predict(self, examples: Any, augment: Sequence[str] = ()) -> np.ndarray:
        """Return the probability of each class or label (N, K); for regression, predicted values in the user's units.

        The probabilities of classes sum to 1 in each row.

        Args:
            examples: An array, batch-first. uint8 of the data's own shape are pixels as stored, and go through its
                transforms. Anything else must have the network's input shape: uint8 (N, *input_shape) pixels, or floats
                in the units of the data's mean and std (pixels scaled to [0, 1]). Images of one channel may leave it
                out. A network with several inputs takes a mapping of arrays by name. A network for pictures also takes
                the file of one, a list of files, or a folder; each is brought to its size as in training. A network for
                tables takes a file, a DataFrame of polars or pandas, or columns by name, in any order, with or without
                the target. A network for texts takes a text or a list of texts, and predicts the next character of
                each.
            augment: For images, views as `views` names them; the prediction is the mean over the image and its views.

        Raises:
            ValueError: Shape or type does not fit, a value is not finite, or there are no such views.
            DataError: A table or a picture cannot be read, or the columns do not fit.
        """
        inputs = self.prepare(examples)
        if not augment:
            return self.probabilities(self.run(inputs))
        return self.averaged(inputs, self.views(augment)).astype(self.parameters.dtype)

    def predict_classes(self, examples: Any) -> np.ndarray:
        """Return the index of the most probable class of each example, (N,) int64.

        For several labels: which of them apply, bool (N, K). For regression: the predicted values (N, K).
        """
        return self.problem.predictions(self.run(self.prepare(examples)))

    def batch_of(self, size: int) -> int:
        """Return how many examples have activations of `size` bytes; at least one."""
        return max(1, size // example_bytes(self.graph, self.parameters.dtype))

    def run(self, inputs: Inputs) -> np.ndarray:
        """Return the outputs of the last layer, (N, *output_shape), for `inputs` from `prepare`."""
        return self._outputs(_source(inputs))

    def averaged(self, images: Inputs | datasets.Source, views: Sequence[View], raw: bool = False) -> np.ndarray:
        """Return the mean over views of what `predict` gives, float64 (N, K).

        Args:
            images: Examples, or inputs from `prepare`.
            views: From `views`.
            raw: Take the mean of the outputs of the last layer instead.
        """
        source = images if isinstance(images, datasets.Source) else _source(images)
        total = np.zeros(1)
        for view in views:
            outputs = self._outputs(Transformed(source, [view])).astype(np.float64)
            total = total + (outputs if raw else self.probabilities(outputs))
        return total / len(views)

    def views(self, names: Sequence[str]) -> list[View]:
        """Return the views of an image that `names` ask for. Raises ValueError if there are none for these inputs."""
        found, field = views(names), self.dataset.inputs.get(datasets.INPUT)
        for view in found:
            view.output_shape(() if field is None else field.shape)
        return found

    def _outputs(self, source: datasets.Source) -> np.ndarray:
        outputs = np.empty((len(source), *self.graph.output_shape), self.parameters.dtype)
        for indices, batch in self.batches(self.dataset.loader(source), len(source)):
            outputs[indices] = np.moveaxis(batch, -1, 0)
        return outputs

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Return what users see of `outputs` (N, K) from `run`: see `Problem.probabilities`."""
        return self.problem.probabilities(outputs)

    def prepare(self, examples: Any) -> Inputs:
        """Return `examples` as the network sees them, before mean and std: (N, *shape), or several inputs by name.

        Arguments and errors as in `predict`.
        """
        return prepared(self.dataset, self.dataset.inputs, self.parameters.dtype, examples)

    def batches(self, loader: datasets.Loader, count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield indices (n,) and outputs (*output_shape, n) of each batch; they are valid until the next batch.

        Each iterator has its own arrays, so several may run at once.
        """
        with self._workspace() as workspace:
            for indices in datasets.batches(count, self.batch_size):
                inputs = workspace.inputs(len(indices))
                loader.load(indices, *inputs)
                with np.errstate(all="ignore"):
                    outputs = self.graph.forward(workspace, *inputs)
                yield indices, outputs

    @contextmanager
    def _workspace(self) -> Iterator[models.Workspace]:
        """Yield an idle workspace, or a new one. After an exception it is not used again.

        Measured with LeNet-5 on 2 cores, images a second in the best moments of a busy machine: 81,000 from one thread,
        86,000 from two and 117,000 from four at 256 images a call; behind a lock 79,000 from any number. At 32 images
        and fewer both are equal, since Python then lets one thread work at a time. A workspace takes 30 MB. One that
        belonged to a thread would be made again for each thread of a server: with one image a call and a new thread for
        each, 1,000 calls a second instead of 3,700.
        """
        try:
            workspace = self._idle.pop()
        except IndexError:
            workspace = models.Workspace(self.graph, self.parameters)
        yield workspace
        if len(self._idle) < MOST_IDLE:
            self._idle.append(workspace)

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_idle": []}


def _source(inputs: Inputs) -> datasets.Source:
    named = inputs if isinstance(inputs, dict) else {datasets.INPUT: inputs}
    return datasets.Examples(named, np.zeros(len(next(iter(named.values()))), np.int64))
