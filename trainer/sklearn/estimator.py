"""The base of classifier and regressor: fitting a network to X and y, at once or piece by piece."""

import logging
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_regressor
from sklearn.utils import Tags, check_array, check_consistent_length, check_random_state, column_or_1d
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from trainer.compose import errors
from trainer.datasets import Splits, batches, split
from trainer.datasets.source import Source, Subset
from trainer.engine.processes.workers import Workers
from trainer.engine.setup import Setup
from trainer.engine.tally import Tally
from trainer.ground.errors import ConfigError, TrainingError
from trainer.ground.streams import stream
from trainer.models import ParameterStore
from trainer.runs import start
from trainer.runs.network import Network
from trainer.sklearn.inputs import Columns, Numbers, has_categories
from trainer.sklearn.overrides import configuration, watchers
from trainer.training import plan
from trainer.training.blame import blame
from trainer.training.callbacks import Callback
from trainer.training.fit import Fit
from trainer.training.limit import limited
from trainer.training.run import Run

log = logging.getLogger("trainer")


class NetworkEstimator(BaseEstimator):
    """A network that is trained on arrays in memory; see `NetworkClassifier`."""

    def __init__(
        self,
        overrides: Sequence[str] = (),
        input_shape: tuple[int, int, int] | None = None,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.overrides = overrides
        self.input_shape = input_shape
        self.random_state = random_state

    @abstractmethod
    def _learn_targets(self, y: np.ndarray, classes: Any = None, weights: np.ndarray | None = None) -> dict[str, Any]:
        """Learn what y means, and return the options of the data that follow from it."""

    @abstractmethod
    def _targets(self, y: np.ndarray) -> np.ndarray:
        """y as the network gets it."""

    def _fit(self, X: Any, y: Any, sample_weight: Any = None) -> None:
        X, y = self._checked(X, y, reset=True)
        weights = self._weights(X, y, sample_weight)
        if weights is not None:
            weights *= np.count_nonzero(weights) / weights.sum()  # so that the rate means what it means without
        config, setup, callbacks = self._begin(X, y, None, weights)
        begin = self._start(config, setup)
        examples = self._source(X, self._targets(y), setup.precision, config, weights)
        if weights is not None:
            examples = Subset(examples, np.flatnonzero(weights))
        train, validation = split(examples, setup.validation, stream(setup.seed, "split"))
        splits = limited(Splits(train, validation, _none_of(examples)), setup.limit, setup.seed)
        plan.check_monitors(setup, callbacks, len(splits.validation) > 0)
        plan.check_batches(config, setup, {"train": len(splits.train)})
        with TemporaryDirectory() as folder, Workers(config, setup.workers) as workers:
            workers.start(setup, splits)
            if begin:
                begin.restore(workers.parameters)
            steps = plan.steps_per_epoch(config, len(splits.train))
            run = Run(Path(folder), config, config["epochs"], steps, headline=setup.problem.headline)
            Fit(run, setup, workers, callbacks).fit()
            self._keep(config, setup, workers)
        self.history_: list[dict[str, Any]] = run.history
        self._progress: dict[str, Any] = {}

    def _partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> None:
        first = not hasattr(self, "network_")
        X, y = self._checked(X, y, reset=first)
        weights = self._weights(X, y, sample_weight, piece=True)
        if first:
            config, setup, _ = self._begin(X, y, classes, weights)
            self.history_, self._progress = [], {}
        else:
            config = self.network_.config
            setup = Setup(config)
        begin = self._start(config, setup) if first else None
        examples = self._source(X, self._targets(y), setup.precision, config, weights)
        plan.check_batches(config, setup, {"train": len(examples)})
        with Workers(config, setup.workers) as workers:
            none = _none_of(examples)
            workers.start(setup, Splits(examples, none, none), self._progress.get("generators"))
            if begin:
                begin.restore(workers.parameters)
            if not first:
                _copy(self.network_.parameters, workers.parameters)
            for name, slot in self._progress.get("state", {}).items():
                np.copyto(workers.state[name], slot)
            seen = self._pass(config, setup, workers, len(examples))
            state = {name: slot.copy() for name, slot in workers.state.items()}
            self._progress |= {"state": state, "generators": workers.generators}
            self._keep(config, setup, workers)
        figures = setup.problem.figures(seen.sums, seen.examples)
        row = {"epoch": len(self.history_) + 1, **{f"train_{name}": value for name, value in figures.items()}}
        self.history_ = [*self.history_, row]

    def _pass(self, config: dict[str, Any], setup: Setup, workers: Workers, count: int) -> Tally:
        """One pass over the training examples at a constant rate, and what was seen. Raises TrainingError."""
        done, step, total = len(self.history_), self._progress.get("step", 0), Tally()
        order, size = stream(setup.seed, f"shuffle {done}"), config["batch_size"] * config["accumulate"]
        with np.errstate(all="ignore"):
            for indices in batches(count, size, order, config["drop_last"]):
                step += 1
                seen = workers.train(indices, setup.optimizer.lr, step, None, done)
                if seen.fault:
                    rate = setup.optimizer.lr if step > 1 else None
                    fault = f"{seen.fault} is not finite"
                    raise TrainingError(blame(workers.shard, "train", [indices], fault, "", rate))
                total.add(seen)
        self._progress["step"] = step
        return total

    def _outputs(self, X: Any) -> np.ndarray:
        """Return the outputs of the network's last layer for X, (N, K)."""
        check_is_fitted(self)
        X, _ = self._checked(X, None, reset=False)
        network = self.network_
        source = self._source(X, np.zeros(X.shape[0], np.int64), network.parameters.dtype, network.config)
        outputs = np.empty((len(source), *network.graph.output_shape), network.parameters.dtype)
        for indices, batch in network.batches(network.dataset.loader(source), len(source)):
            outputs[indices] = np.moveaxis(batch, -1, 0)
        return outputs

    def _source(
        self,
        X: Any,
        targets: np.ndarray,
        dtype: np.dtype | str,
        config: dict[str, Any],
        weights: np.ndarray | None = None,
    ) -> Source:
        return self._inputs.source(X, targets, dtype, config["data"]["places"], weights)

    def _weights(self, X: Any, y: np.ndarray, given: Any, piece: bool = False) -> np.ndarray | None:
        """Return how much each example counts, float64 (N,); None where all count alike. Raises ValueError.

        Args:
            X, y: As `_checked` returns them.
            given: sample_weight.
            piece: Whether these are a part of the examples only.
        """
        if given is None:
            return None
        weights: np.ndarray = _check_sample_weight(given, X, dtype=np.float64, ensure_non_negative=True, copy=True)
        if not weights.any():
            raise ValueError("sample_weight: all weights are 0; give some examples a weight above 0")
        return weights

    def _checked(self, X: Any, y: Any, reset: bool) -> tuple[Any, Any]:
        """X and y as scikit-learn checks them: X float64, dense or CSR, or a DataFrame with categories as it is."""
        targets = {} if y is None and not reset else {"y": y}
        if has_categories(X):
            validate_data(self, X, reset=reset, skip_check_array=True, **targets)
            if targets:
                y = check_array(y, dtype=None, ensure_2d=False, accept_sparse="csr", input_name="y")
                check_consistent_length(X, y)
        elif targets:
            options = {"multi_output": True, "y_numeric": is_regressor(self), "reset": reset}
            X, y = validate_data(self, X, y, dtype=np.float64, accept_sparse="csr", **options)
        else:
            X = validate_data(self, X, dtype=np.float64, accept_sparse="csr", reset=reset)
        if not targets:
            return X, None
        y = y.toarray() if hasattr(y, "toarray") else y
        return X, column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y

    def _begin(
        self, X: Any, y: np.ndarray, classes: Any = None, weights: np.ndarray | None = None
    ) -> tuple[dict[str, Any], Setup, list[Callback]]:
        """Learn what X and y mean; the configuration for them, and what it describes."""
        targets = self._learn_targets(y, classes, weights)
        self._inputs = Columns(X) if has_categories(X) else Numbers(X, self.input_shape, weights)
        if isinstance(self._inputs, Numbers):
            self.mean_, self.scale_ = self._inputs.mean, self._inputs.scale
        if isinstance(self.overrides, str):
            raise ConfigError(f"overrides: {self.overrides!r} is one string; give a sequence, as in ('epochs=5',)")
        given, seed = list(self.overrides), check_random_state(self.random_state).randint(2**31 - 1)
        data = {"shape": list(self._inputs.shape), "levels": list(self._inputs.levels), **targets}
        try:
            config = configuration(given, data, seed)
            return config, Setup(config), list(watchers(config))
        except errors.CONFIGURATION as error:
            raise ConfigError(errors.explain(error, given)) from error

    def _start(self, config: dict[str, Any], setup: Setup) -> start.Start | None:
        """Return what the first weights come from, if an override says so."""
        begin = start.read(config, setup.graph)
        if begin:
            log.info("%s", begin)
        return begin

    def _keep(self, config: dict[str, Any], setup: Setup, workers: Workers) -> None:
        """Return the network by itself: parameters of several workers share a block of memory with the examples."""
        parameters = setup.parameters()
        _copy(workers.parameters, parameters)
        self.network_ = Network(setup.graph, parameters, setup.dataset, config)

    @property
    def loss_curve_(self) -> list[float]:
        """The training loss of each epoch."""
        check_is_fitted(self)
        return [row["train_loss"] for row in self.history_]

    @property
    def n_iter_(self) -> int:
        """How many epochs the network was trained, those among them whose weights were not kept."""
        check_is_fitted(self)
        return len(self.history_)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _copy(source: ParameterStore, target: ParameterStore) -> None:
    np.copyto(target.data, source.data)
    np.copyto(target.kept, source.kept)


def _none_of(examples: Source) -> Subset:
    return Subset(examples, np.arange(0))
