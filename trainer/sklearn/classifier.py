"""Networks as scikit-learn classifiers."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

from trainer.sklearn.estimator import NetworkEstimator


class NetworkClassifier(ClassifierMixin, NetworkEstimator):
    """Train a network as `python -m trainer` does, on arrays in memory, and keep its best weights.

    X is an array, a sparse matrix or a DataFrame. Features (of images: channels) are standardised to mean 0 and
    deviation 1. Those of a sparse matrix are only scaled, and become dense one batch at a time. A DataFrame with
    columns that are not numbers is encoded like a table: see `datasets.Table`. y holds the class of each example, or,
    for several labels at once, 0 and 1 (N, K).

    No files remain on disk. Threads may fit different estimators at once, and predict with the same one; the results
    are those of calls one after another.

    An override is applied as on the command line, or refused by a ConfigError that says why:

    ==================================================================  ===============================================
    model, optimizer, schedule, loss, epochs, batch_size, accumulate,   done
    drop_last, clip_norm, precision, fuse, start_from, freeze, allow
    validation, limit.train, limit.validation                           done: of the examples of X and y
    callbacks.early_stopping, .target, .time_limit                      done, and so are your own callback classes
    parallel.workers                                                    done; 1 unless given
    seed                                                                refused: random_state
    data, limit.test                                                    refused: X and y are the data
    task, resume, objective, logger, other callbacks, hydra             refused: they belong to runs of the command line
    experiment, debug, search, local                                    refused: they set many options at once
    ==================================================================  ===============================================

    Args:
        overrides: What the command line takes, such as ("model=lenet5", "epochs=5", "optimizer.lr=0.01"). The model is
            an mlp unless they say otherwise, or a table_mlp where a category of a DataFrame has many levels.
        input_shape: (C, H, W) of images, whose X holds one row of C*H*W values each; None: X holds feature vectors.
        random_state: Seed of everything random in training.
        class_weight: How much examples count by their class: a dictionary, "balanced" for all classes alike, or, of
            several labels, a list of dictionaries; None: all alike. They are multiplied by sample_weight.

    Attributes:
        classes_, n_features_in_, feature_names_in_: As everywhere in scikit-learn; of several labels classes_ are
            their numbers.
        network_: The trained `trainer.runs.network.Network`; it takes standardised inputs.
        history_: One dictionary for each epoch, as in metrics.csv.
        loss_curve_, n_iter_: The training loss of each epoch, and how many there were.
        mean_, scale_: The mean and scale of the features (F,), or of the channels (C, 1, 1).
    """

    def __init__(
        self,
        overrides: Sequence[str] = (),
        input_shape: tuple[int, int, int] | None = None,
        random_state: int | np.random.RandomState | None = 0,
        class_weight: Any = None,
    ) -> None:
        super().__init__(overrides, input_shape, random_state)
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on rows X (N, F) of classes y (N,) or labels y (N, K).

        An example of weight w counts in the gradients, in means and deviations as w examples would. Their scale is of
        no effect, nor are examples of weight 0. Figures in `history_` are not weighted.

        Args:
            X, y: The examples.
            sample_weight: How much each counts, (N,), at least 0; None: all alike.

        Raises ConfigError, one line, for overrides that cannot be done.
        """
        self._fit(X, y, sample_weight)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train one epoch more, on these examples, at the optimizer's learning rate.

        What X and y mean is learned from the first call or `fit`. Epochs, schedule, validation, limits and callbacks
        count for `fit` alone.

        Args:
            X, y: As for `fit`; y may lack some of the classes.
            classes: All there are; needed by the first call where y lacks some, and ignored by later ones.
            sample_weight: How many times each counts, (N,), at least 0; their scale is that of the step.
        """
        self._partial_fit(X, y, classes, sample_weight)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities (N, K) of `classes_`, or of each label."""
        outputs = self._outputs(X)
        return self.network_.probabilities(outputs)

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class (N,) of each row of X (N, F); for several labels 0 or 1 (N, K)."""
        outputs = self._outputs(X)
        best = self.network_.problem.predictions(outputs)
        return best.astype(np.int64) if best.ndim == 2 else self.classes_[best]

    def _weights(self, X: Any, y: np.ndarray, given: Any, piece: bool = False) -> np.ndarray | None:
        weights = super()._weights(X, y, given, piece)
        if self.class_weight is None:
            return weights
        if piece and self.class_weight == "balanced":
            raise ValueError("class_weight='balanced' needs all examples, not a part; give the weight of each class")
        by_class: np.ndarray = compute_sample_weight(self.class_weight, y)
        return by_class if weights is None else by_class * weights

    def _learn_targets(self, y: np.ndarray, classes: Any = None, weights: np.ndarray | None = None) -> dict[str, Any]:
        check_classification_targets(y)
        kind = type_of_target(y)
        if kind == "multilabel-indicator":
            self.classes_ = np.arange(y.shape[1])
            return {"num_classes": y.shape[1], "problem": "trainer.problems.MultiLabel"}
        if y.ndim > 1:
            raise ValueError(f"y is {kind}; give one column of classes, or 0 and 1 for each of several labels")
        self.classes_ = np.unique(y) if classes is None else unique_labels(classes)
        return {"num_classes": len(self.classes_)}

    def _targets(self, y: np.ndarray) -> np.ndarray:
        if y.ndim > 1:
            return y.astype(np.float32)
        places = np.searchsorted(self.classes_, y).clip(max=len(self.classes_) - 1)
        if len(unknown := np.unique(y[self.classes_[places] != y])):
            raise ValueError(f"y has classes that are not among the known ones: {', '.join(map(str, unknown[:5]))}")
        return places.astype(np.int64)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
