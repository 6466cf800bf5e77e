"""Update rules, with the semantics of torch.optim."""

from trainer.training.optimizers.adam import Adam
from trainer.training.optimizers.adamw import AdamW
from trainer.training.optimizers.optimizer import Elementwise, Groups, Optimizer
from trainer.training.optimizers.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Elementwise", "Groups", "Optimizer"]
