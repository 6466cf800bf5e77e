"""Data sets: one class a file."""

from trainer.datasets.sets.arrays import Arrays
from trainer.datasets.sets.digits import Digits
from trainer.datasets.sets.fashion_mnist import FashionMNIST
from trainer.datasets.sets.mnist import MNIST
from trainer.datasets.sets.random_regression import RandomRegression

__all__ = ["MNIST", "Arrays", "Digits", "FashionMNIST", "RandomRegression"]
