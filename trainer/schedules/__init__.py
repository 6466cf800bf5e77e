"""Learning-rate schedules, with the semantics of torch.optim.lr_scheduler."""

from trainer.schedules.constant import Constant
from trainer.schedules.cosine import Cosine
from trainer.schedules.one_cycle import OneCycle
from trainer.schedules.schedule import Schedule
from trainer.schedules.step import Step

__all__ = ["Constant", "Cosine", "OneCycle", "Schedule", "Step"]
