"""Networks as scikit-learn classifiers: for its pipelines, searches and scores. Needs the extra `sklearn`."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from hydra import compose
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from trainer.compose.locate import hydra_ready
from trainer.compose.schema import validate
from trainer.datasets import DataError, Dataset, Examples, Splits, split
from trainer.engine.processes.workers import Workers
from trainer.engine.setup import Setup
from trainer.ground.streams import stream
from trainer.runs.network import Network
from trainer.training.fit import Fit
from trainer.training.run import Run


class NetworkClassifier(ClassifierMixin, BaseEstimator):
    """Trains a network as `python -m trainer` does, on arrays in memory, and keeps its best weights.

    Features are brought to mean 0 and deviation 1; of images each channel is. Nothing is written to disk for good.

    Args:
        overrides: what the command line takes, such as ("model=lenet5", "epochs=5", "optimizer.lr=0.01"). The model is
            an mlp unless they say otherwise.
        input_shape: (C, H, W) of images, whose X holds one row of C*H*W values each; None: X holds feature vectors.
        random_state: seed of everything random in training.

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
        """Train on rows X (N, F) of labels y (N,). Raises ConfigError, GraphError for overrides that do not fit."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        X = self._shaped(X)
        axes = (0, *range(2, X.ndim))
        self.mean_ = X.mean(axis=axes, keepdims=True)[0]
        deviation = X.std(axis=axes, keepdims=True)[0]
        self.scale_ = np.where(deviation > 0, deviation, 1.0)
        examples = Examples(self._standardised(X), labels.astype(np.int64))
        config = self._config(examples.inputs.shape[1:])
        setup = Setup(config)
        train, validation = split(examples, config["validation"], stream(config["seed"], "split"))
        splits = Splits(train, validation, examples.take(np.arange(0)))
        with TemporaryDirectory() as folder, Workers(config, 1) as workers:
            workers.start(setup, splits)
            steps = ceil(len(train) / (config["batch_size"] * config["accumulate"]))
            run = Run(Path(folder), config, config["epochs"], steps)
            Fit(run, setup, workers, callbacks=[]).fit()
            self.network_ = Network(setup.graph, workers.parameters, setup.dataset, config)
        self.history_ = run.history
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Probabilities (N, K) of `classes_`."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return self.network_.predict(self._standardised(self._shaped(X)))

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The most probable class (N,) of each row of X (N, F)."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def _config(self, shape: tuple[int, ...]) -> dict[str, Any]:
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        given = list(self.overrides)
        model = [] if any(override.startswith("model=") for override in given) else ["model=mlp"]
        with hydra_ready():
            composed = compose("config", [*model, f"seed={seed}", "callbacks={}", *given])
        composed.data = {"_target_": "trainer.sklearn.Arrays", "shape": list(shape), "num_classes": len(self.classes_)}
        return validate(composed, given)

    def _shaped(self, X: np.ndarray) -> np.ndarray:
        return X if self.input_shape is None else X.reshape(len(X), *self.input_shape)

    def _standardised(self, X: np.ndarray) -> np.ndarray:
        return ((X - self.mean_) / self.scale_).astype(np.float32)


class Arrays(Dataset):
    """Stands for arrays in memory, which `NetworkClassifier` hands to the training itself."""

    name = "arrays"

    def __init__(self, shape: Sequence[int], num_classes: int) -> None:
        super().__init__(shape, num_classes)

    def read(self) -> tuple[Examples, Examples]:
        raise DataError("arrays: were in memory only; name other data")
