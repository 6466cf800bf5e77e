"""Data sets: one class in each file."""

from trainer.datasets.sets.arrays import Arrays
from trainer.datasets.sets.digits import Digits
from trainer.datasets.sets.fashion_mnist import FashionMNIST
from trainer.datasets.sets.generated import Circles, Moons, Sine, Spirals, Xor
from trainer.datasets.sets.images import Images
from trainer.datasets.sets.mnist import MNIST
from trainer.datasets.sets.random_regression import RandomRegression
from trainer.datasets.sets.table import Table
from trainer.datasets.sets.text import Text

__all__ = [
    "MNIST",
    "Arrays",
    "Circles",
    "Digits",
    "FashionMNIST",
    "Images",
    "Moons",
    "RandomRegression",
    "Sine",
    "Spirals",
    "Table",
    "Text",
    "Xor",
]
