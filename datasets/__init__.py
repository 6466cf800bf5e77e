"""Where examples come from: sources, draws, data sets and transforms."""

if __name__ == "datasets":  # reached from the checkout's own folder: a second copy, whose classes are not the engine's
    raise ImportError("this is the package trainer.datasets; write `from trainer import datasets`")

from trainer.datasets import sets
from trainer.datasets.dataset import Dataset, Splits, split
from trainer.datasets.draw import Draw
from trainer.datasets.errors import DataError
from trainer.datasets.examples import Examples
from trainer.datasets.loader import Loader
from trainer.datasets.order import batches, number_of_batches
from trainer.datasets.readers.idx import read_idx
from trainer.datasets.sets import *  # noqa: F403  datasets.MNIST and all others
from trainer.datasets.source import INPUT, TARGET, WEIGHT, Field, Source, Subset
from trainer.datasets.splitting import Fold
from trainer.datasets.transforms import (
    Augmentation,
    ColorJitter,
    CutMix,
    GaussianNoise,
    Mixing,
    Mixup,
    Pad,
    RandomAffine,
    RandomCrop,
    RandomErasing,
    RandomFlip,
    Resize,
    Transform,
)

__all__ = [
    "INPUT",
    "TARGET",
    "WEIGHT",
    "Augmentation",
    "ColorJitter",
    "CutMix",
    "DataError",
    "Dataset",
    "Draw",
    "Examples",
    "Field",
    "Fold",
    "GaussianNoise",
    "Loader",
    "Mixing",
    "Mixup",
    "Pad",
    "RandomAffine",
    "RandomCrop",
    "RandomErasing",
    "RandomFlip",
    "Resize",
    "Source",
    "Splits",
    "Subset",
    "Transform",
    "batches",
    "number_of_batches",
    "read_idx",
    "split",
]
__all__ += sets.__all__
