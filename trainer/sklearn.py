"""Networks as scikit-learn classifiers, for its pipelines, searches and scores. Needs the extra `sklearn`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from trainer import CONFIGS
from trainer.commands import errors
from trainer.compose.configure import Override, compose, parse, without_hydra
from trainer.compose.schema import validate
from trainer.compose.targets import instantiate
from trainer.datasets import DataError, Dataset, Examples, Splits, split
from trainer.engine.processes.workers import Workers
from trainer.engine.setup import Setup
from trainer.ground.errors import ConfigError
from trainer.ground.extras import install_hint
from trainer.ground.streams import stream
from trainer.ground.values import child
from trainer.models import ParameterStore
from trainer.runs.network import Network
from trainer.training import plan
from trainer.training.callbacks import Callback, EarlyStopping, Target, TimeLimit
from trainer.training.fit import Fit
from trainer.training.limit import limited
from trainer.training.run import Run

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(f"trainer.sklearn needs scikit-learn; {install_hint('sklearn')}") from missing

WATCHERS = (EarlyStopping, Target, TimeLimit)  # the callbacks of ours that a fit can use
REPORTS = ("checkpoints", "curves", "gradients", "metrics_csv", "progress_line", "result_json")  # left out
_RUN = "it is for runs of the command line; use python -m trainer"
_SEVERAL = "it sets many options of a run at once; give those you want by themselves"
REFUSED = {
    "data": "the data are X and y; leave it out",
    "seed": "give the estimator random_state instead",
    "task": "a fit only trains; use python -m trainer",
    "resume": "a fit begins anew; use python -m trainer",
    "objective": "scikit-learn's searches compare by their own scoring; leave it out",
    "limit.test": "a fit has no test examples; leave it out",
    "experiment": _SEVERAL,
    "debug": _SEVERAL,
    "search": _SEVERAL,
    "local": _SEVERAL,
    "logger": _RUN,
    **{f"callbacks.{name}": _RUN for name in REPORTS},
    "hydra": "it configures the command line; leave it out",
}


class NetworkClassifier(ClassifierMixin, BaseEstimator):
    """Trains a network as `python -m trainer` does, on arrays in memory, and keeps its best weights.

    Features are scaled to mean 0 and standard deviation 1, images by channel. Nothing stays on the disk. Several
    threads may fit at once, each its own estimator, and predict with the same one: the results are those of one thread.

    An override is done as on the command line, or refused by a ConfigError that says why:

    ==================================================================  ===============================================
    model, optimizer, schedule, loss, epochs, batch_size, accumulate,   done
    drop_last, clip_norm, precision, fuse, allow
    validation, limit.train, limit.validation                           done: of the examples of X and y
    callbacks.early_stopping, .target, .time_limit                      done, and so are callbacks of your own classes
    parallel.workers                                                    done; 1 unless given
    seed                                                                refused: random_state
    data, limit.test                                                    refused: X and y are the data
    task, resume, objective, logger, other callbacks, hydra             refused: they belong to runs of the command line
    experiment, debug, search, local                                    refused: they set many options at once
    ==================================================================  ===============================================

    Args:
        overrides: what the command line takes, such as ("model=lenet5", "epochs=5", "optimizer.lr=0.01"). The model is
            an mlp unless they say otherwise.
        input_shape: (C, H, W) of images, whose X holds one row of C*H*W values each; None: X holds feature vectors.
        random_state: seed of everything that is random in training.

    Attributes:
        classes_, n_features_in_: as everywhere in scikit-learn.
        network_: the trained `trainer.runs.network.Network`; it takes standardised inputs.
        history_: one dictionary for each epoch, as in metrics.csv.
        mean_, scale_: of the features (F,), or of the channels (C, 1, 1).
    """

    def __init__(
        self,
        overrides: Sequence[str] = (),
        input_shape: tuple[int, int, int] | None = None,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.overrides = overrides
        self.input_shape = input_shape
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: np.ndarray) -> "NetworkClassifier":
        """Train on rows X (N, F) of labels y (N,). Raises ConfigError, one line, for overrides that cannot be done."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        X = self._shaped(X)
        axes = (0, *range(2, X.ndim))
        self.mean_ = X.mean(axis=axes, keepdims=True)[0]
        deviation = X.std(axis=axes, keepdims=True)[0]
        self.scale_ = np.where(deviation > 0, deviation, 1.0)
        config, setup, callbacks = self._configured(X.shape[1:])
        examples = Examples(self._standardised(X, setup.precision), labels.astype(np.int64))
        train, validation = split(examples, setup.validation, stream(setup.seed, "split"))
        splits = limited(Splits(train, validation, examples.take(np.arange(0))), setup.limit, setup.seed)
        plan.check_monitors(setup, callbacks, len(splits.validation) > 0)
        plan.check_batches(config, setup, {"train": len(splits.train)})
        with TemporaryDirectory() as folder, Workers(config, setup.workers) as workers:
            workers.start(setup, splits)
            run = Run(Path(folder), config, config["epochs"], plan.steps_per_epoch(config, len(splits.train)))
            Fit(run, setup, workers, callbacks).fit()
            parameters = _copy(workers.parameters, setup)
        self.network_ = Network(setup.graph, parameters, setup.dataset, config)
        self.history_ = run.history
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probabilities (N, K) of `classes_`."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return self.network_.predict(self._standardised(self._shaped(X), self.network_.parameters.dtype))

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the most probable class (N,) of each row of X (N, F)."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def _configured(self, shape: tuple[int, ...]) -> tuple[dict[str, Any], Setup, list[Callback]]:
        """Return the configuration for examples of `shape`, and what it describes."""
        if isinstance(self.overrides, str):
            raise ConfigError(f"overrides: {self.overrides!r} is one string; give a sequence, as in ('epochs=5',)")
        given = list(self.overrides)
        try:
            config = self._config(shape, given)
            return config, Setup(config), list(_watchers(config))
        except errors.CONFIGURATION as error:
            raise ConfigError(errors.explain(error, given)) from error

    def _config(self, shape: tuple[int, ...], given: Sequence[str]) -> dict[str, Any]:
        overrides = parse(given)
        for override in overrides:
            if reason := _refusal(override):
                raise ConfigError(f"{override.input_line}: {reason}")
        own = [f"seed={check_random_state(self.random_state).randint(2**31 - 1)}"]
        if not any(o.key_or_group == "model" and isinstance(o.value(), str) and not o.is_delete() for o in overrides):
            own.append("model=mlp")
        if not any(o.key_or_group.startswith("parallel") for o in overrides):
            own.append("parallel.workers=1")  # searches run several fits at once
        if (CONFIGS / "local").is_dir():
            own.append("~local")  # the same estimator must do the same everywhere
        composed = without_hydra(compose([*own, *given]))
        composed.data = {"_target_": "trainer.sklearn.Arrays", "shape": list(shape), "num_classes": len(self.classes_)}
        return validate(composed, given)

    def _shaped(self, X: np.ndarray) -> np.ndarray:
        return X if self.input_shape is None else X.reshape(len(X), *self.input_shape)

    def _standardised(self, X: np.ndarray, dtype: np.dtype | str) -> np.ndarray:
        return ((X - self.mean_) / self.scale_).astype(dtype)


class Arrays(Dataset):
    """Stands for arrays in memory; `NetworkClassifier` passes these to the training itself."""

    name = "arrays"

    def __init__(self, shape: Sequence[int], num_classes: int) -> None:
        super().__init__(shape, num_classes)

    def read(self) -> tuple[Examples, Examples]:
        raise DataError("arrays: were in memory only; name other data")


def _refusal(override: Override) -> str | None:
    """Return why an override cannot be done; None if it can."""
    key, value = override.key_or_group, override.value()
    if override.is_sweep_override():
        return "several values need a search of scikit-learn's; one list is written KEY=[1,2]"
    choice = (CONFIGS / key).is_dir() and not override.is_delete()
    if override.package is not None or (choice and not isinstance(value, str | dict)):
        return "a choice is written GROUP=NAME; ~GROUP leaves one out"
    if key == "callbacks" and isinstance(value, str):
        return "give single ones, as in callbacks.early_stopping.patience=5"
    for leaf in _leaves(key.replace("/", "."), value):
        for refused, reason in REFUSED.items():
            if f"{leaf}.".startswith(f"{refused}."):
                return reason
    return None


def _leaves(key: str, value: Any) -> Iterator[str]:
    """Yield the keys that a value sets: those within it, if it is a mapping."""
    if not isinstance(value, dict) or not value:
        yield key
        return
    for name, item in value.items():
        yield from _leaves(child(key, name), item)


def _watchers(config: dict[str, Any]) -> Iterator[Callback]:
    """Yield the callbacks that can stop a fit, and the user's own. Raises ConfigError."""
    for name, spec in config["callbacks"].items():
        if spec and name not in REPORTS:
            key = f"callbacks.{name}"
            callback = instantiate(spec, Callback, key, allow=config["allow"])
            if type(callback).__module__.startswith("trainer.") and not isinstance(callback, WATCHERS):
                raise ConfigError(_RUN, key)
            yield callback


def _copy(parameters: ParameterStore, setup: Setup) -> ParameterStore:
    """Return a copy of the parameters: those of several workers share a block of memory with the examples."""
    copied = setup.parameters()
    np.copyto(copied.data, parameters.data)
    np.copyto(copied.kept, parameters.kept)
    return copied
