"""Learning-rate schedules, with the semantics of torch.optim.lr_scheduler."""

from trainer.training.schedules.constant import Constant
from trainer.training.schedules.cosine import Cosine
from trainer.training.schedules.one_cycle import OneCycle
from trainer.training.schedules.plateau import Plateau
from trainer.training.schedules.schedule import History, Schedule
from trainer.training.schedules.step import Step

__all__ = ["Constant", "Cosine", "History", "OneCycle", "Plateau", "Schedule", "Step"]
