"""Where examples come from: one class per source, and what all of them share."""

if __name__ == "datasets":  # reached from the checkout's own folder: a second copy, whose classes are not the engine's
    raise ImportError("this is the package trainer.datasets; write `from trainer import datasets`")

from .batches import Loader, batches
from .dataset import Dataset, Examples, Splits, split
from .digits import Digits
from .errors import DataError
from .fashion_mnist import FashionMNIST
from .idx import read_idx
from .mnist import MNIST
from .random_regression import RandomRegression
from .transforms import Pad, Resize, Transform

__all__ = [
    "MNIST",
    "DataError",
    "Dataset",
    "Digits",
    "Examples",
    "FashionMNIST",
    "Loader",
    "Pad",
    "RandomRegression",
    "Resize",
    "Splits",
    "Transform",
    "batches",
    "read_idx",
    "split",
]
