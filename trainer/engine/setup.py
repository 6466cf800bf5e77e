"""From a checked configuration to the objects of a run."""

from functools import partial
from typing import Any

import numpy as np

from trainer import datasets, models
from trainer.datasets.weights import check_weights
from trainer.engine.freezing import frozen
from trainer.engine.metrics import request_metrics
from trainer.engine.processes import Processes
from trainer.engine.shard import SPLITS, Generators, Shard
from trainer.ground.streams import stream
from trainer.ground.targets import instantiate, maker, resolve
from trainer.ground.values import ConfigError
from trainer.models.communicator import Communicator
from trainer.problems import Problem, Regression, usual
from trainer.training.limit import held_out, limited
from trainer.training.optimizers import Optimizer
from trainer.training.schedules import Schedule


class Setup:
    """The objects that a configuration describes, built and checked against each other; no data is read yet.

    Every worker process builds its own, so this module imports no more than it needs.

    Args:
        config: As `trainer.compose.schema.validate` returns it.

    Raises:
        ConfigError, GraphError: Something in the configuration does not fit.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        make = partial(instantiate, allow=config["allow"])
        self.seed, self.precision = config["seed"], config["precision"]
        self.validation, self.limit = held_out(config), config["limit"]
        self.dataset: datasets.Dataset = make(config["data"], datasets.Dataset, "data")
        self.graph = build_graph(config, self.dataset)
        self.network = models.fuse(self.graph) if config["fuse"] else self.graph  # what is computed
        self.problem = make_problem(self.dataset, self.graph, config["allow"])
        request_metrics(self.problem, config)
        self.loss = make_loss(config, self.problem)
        self.problem.check()
        self.optimizer: Optimizer = make(config["optimizer"], Optimizer, "optimizer")
        self.optimizer.check(name for name, p in self.graph.parameters.items() if p.trainable or p.frozen)
        self.schedule: Schedule = make(config["schedule"], Schedule, "schedule")
        self.batch_size, self.clip_norm = config["batch_size"], config["clip_norm"]
        self.available: dict[str, int] = {}
        self.workers = make(config["parallel"], Processes, "parallel").size(self.graph, config["batch_size"])

    def parameters(self) -> models.ParameterStore:
        """Return the network's parameters with their initial values."""
        store = models.ParameterStore(self.graph.parameters, self.precision)
        store.initialize(lambda name: stream(self.seed, f"init {name}"))
        return store

    def splits(self) -> datasets.Splits:
        """Read the data, downloading it if necessary; `available` then counts the examples before the limit.

        Raises:
            DataError: The data cannot be read or used.
            GraphError: Its targets do not fit the network.
        """
        splits = self.dataset.load(self.validation, stream(self.seed, "split"))
        for name in SPLITS:
            for targets in getattr(splits, name).chunks(datasets.TARGET):
                self.problem.check_targets(targets)
        check_weights(splits.train)
        self.available = {name: len(getattr(splits, name)) for name in SPLITS}
        return self.limited(splits)

    def limited(self, splits: datasets.Splits) -> datasets.Splits:
        """Return as much of each part as the run is to use."""
        return limited(splits, self.limit, self.seed)

    def shard(
        self,
        parameters: models.ParameterStore,
        splits: datasets.Splits,
        state: dict[str, np.ndarray] | None = None,
        communicator: Communicator | None = None,
        generators: Generators | None = None,
    ) -> Shard:
        """Return one worker's shard of every batch. The arguments are those of `Shard`."""
        run = (self.network, self.problem, self.loss, self.optimizer, parameters, self.loaders(splits), self.seed)
        return Shard(*run, state, communicator, generators, self.batch_size, self.clip_norm)

    def loaders(self, splits: datasets.Splits) -> dict[str, datasets.Loader]:
        """Return a loader of normalised batches for each split."""
        return {name: self.dataset.loader(getattr(splits, name)) for name in SPLITS}


def build_graph(config: dict[str, Any], dataset: datasets.Dataset) -> models.Graph:
    """Return the network of `config["model"]` for the inputs of `dataset`, with what `config["freeze"]` names frozen.

    Raises:
        ConfigError, GraphError: The model cannot be built, or a pattern matches nothing.
    """
    model, allow = config["model"], config["allow"]
    for key in model.keys() - {"layers", "initializer"}:
        raise ConfigError("a model has layers and an initializer, nothing else", f"model.{key}")
    initializer = model.get("initializer")
    if initializer is not None:
        initializer = instantiate(initializer, models.initializers.Initializer, "model.initializer", allow=allow)
    make = maker((models.Layer, models.Composite), allow)
    fields = dataset.inputs.items()
    inputs = {name: models.Input(field.shape, field.dtype if field.is_integer else None) for name, field in fields}
    graph = models.build(model.get("layers") or {}, inputs, make, initializer)
    return frozen(graph, config.get("freeze", ()))


def make_problem(dataset: datasets.Dataset, graph: models.Graph, allow: tuple[str, ...] = ()) -> Problem:
    """Return what the outputs of `graph` mean: the problem that the data name, else the usual one for such data.

    Raises:
        ConfigError: There is no such problem.
        GraphError: The network does not give as many values as the data have targets.
    """
    kind = usual(dataset.num_classes)
    if dataset.problem is not None:
        kind = resolve({"_target_": dataset.problem}, Problem, "data.problem", allow)
    problem = kind(graph, dataset.num_classes)
    if isinstance(problem, Regression) and dataset.target_std:
        problem.in_units(dataset.target_mean, dataset.target_std)
    return problem


def make_loss(config: dict[str, Any], problem: Problem) -> models.losses.Loss:
    """Return the loss of `config["loss"]`, or if that names none, the loss of the problem."""
    spec = {name: value for name, value in config["loss"].items() if value is not None}  # null: the loss's own default
    spec.setdefault("_target_", problem.loss)
    loss: models.losses.Loss = instantiate(spec, models.losses.Loss, "loss", allow=config["allow"])
    loss.check(problem.output_shape, problem.num_classes)
    return loss
