"""Networks as scikit-learn regressors."""

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import Tags

from trainer.sklearn.estimator import NetworkEstimator
from trainer.sklearn.inputs import mean_and_scale


class NetworkRegressor(RegressorMixin, NetworkEstimator):
    """Train a network on values, as `NetworkClassifier` does on classes: arguments and overrides are the same.

    y is one value of each example (N,) or several (N, K). The network learns them brought to mean 0 and deviation 1,
    and that is the unit of the figures in `history_`; predictions are in the units of y.

    Attributes:
        target_mean_, target_scale_: The mean and scale of y, each (K,).
        n_features_in_, feature_names_in_, network_, history_, loss_curve_, n_iter_, mean_, scale_: As those of
            `NetworkClassifier`.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on rows X (N, F) of values y (N,) or (N, K), with weights as in `NetworkClassifier.fit`.

        Raises ConfigError, one line, for overrides that cannot be done.
        """
        self._fit(X, y, sample_weight)
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train one epoch more, on these examples, at the optimizer's learning rate.

        Means and deviations are those of the first call or of `fit`. Epochs, schedule, validation, limits and callbacks
        count for `fit` alone.
        """
        self._partial_fit(X, y, sample_weight=sample_weight)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the values (N,) or (N, K), as y had them, float64."""
        values = self._outputs(X) * self.target_scale_ + self.target_mean_
        return values if self._several else values[:, 0]

    def _learn_targets(self, y: np.ndarray, classes: Any = None, weights: np.ndarray | None = None) -> dict[str, Any]:
        self._several = y.ndim > 1
        y = _values(y)
        self.target_mean_, self.target_scale_ = mean_and_scale(y, weights)
        return {"num_values": y.shape[1]}

    def _targets(self, y: np.ndarray) -> np.ndarray:
        y = _values(y)
        if y.shape[1] != len(self.target_mean_):
            raise ValueError(f"y has {y.shape[1]} values an example, but had {len(self.target_mean_)} before")
        return ((y - self.target_mean_) / self.target_scale_).astype(np.float32)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _values(y: np.ndarray) -> np.ndarray:
    return y.astype(np.float64).reshape(len(y), -1)
