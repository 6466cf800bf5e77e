"""What happens to examples on their way to the network: always the same, or at random while it trains."""

from trainer.datasets.transforms.pad import Pad
from trainer.datasets.transforms.random_flip import RandomFlip
from trainer.datasets.transforms.resize import Resize
from trainer.datasets.transforms.transform import Augmentation, Transform
from trainer.datasets.transforms.transformed import Augmented, Transformed

__all__ = ["Augmentation", "Augmented", "Pad", "RandomFlip", "Resize", "Transform", "Transformed"]
