"""Update rules, with the semantics of torch.optim."""

from trainer.optimizers.adam import Adam
from trainer.optimizers.adamw import AdamW
from trainer.optimizers.optimizer import Optimizer
from trainer.optimizers.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer"]
