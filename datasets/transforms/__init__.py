"""Changes to examples on their way to the network: always the same, or at random while it trains."""

from trainer.datasets.transforms.color_jitter import ColorJitter
from trainer.datasets.transforms.cut_mix import CutMix
from trainer.datasets.transforms.gaussian_noise import GaussianNoise
from trainer.datasets.transforms.mixing import Mixed, Mixing, as_stored
from trainer.datasets.transforms.mixup import Mixup
from trainer.datasets.transforms.pad import Pad
from trainer.datasets.transforms.random_affine import RandomAffine
from trainer.datasets.transforms.random_crop import RandomCrop
from trainer.datasets.transforms.random_erasing import RandomErasing
from trainer.datasets.transforms.random_flip import RandomFlip
from trainer.datasets.transforms.resize import Resize
from trainer.datasets.transforms.transform import Augmentation, Transform
from trainer.datasets.transforms.transformed import Augmented, Transformed
from trainer.datasets.transforms.views import View, views

__all__ = [
    "Augmentation",
    "Augmented",
    "ColorJitter",
    "CutMix",
    "GaussianNoise",
    "Mixed",
    "Mixing",
    "Mixup",
    "Pad",
    "RandomAffine",
    "RandomCrop",
    "RandomErasing",
    "RandomFlip",
    "Resize",
    "Transform",
    "Transformed",
    "View",
    "as_stored",
    "views",
]
