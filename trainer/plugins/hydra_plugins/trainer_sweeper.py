"""Connects Hydra to our sweeps: it finds sweepers in this namespace package only."""

from typing import Any

from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class TrainerSweeper(Sweeper):
    """A plugin of Hydra's: all combinations of the values given, each a job of `trainer.sweep`.

    Args:
        params: Overrides with several values, from a configuration; the command line's come after them.
        search: Options of `trainer.sweep.search.Search`, which then chooses the combinations; None: all of them.
    """

    def __init__(self, params: dict[str, Any] | None = None, search: dict[str, Any] | None = None) -> None:
        self.params, self.search = params or {}, search

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.context, self.config, self.task_function = hydra_context, config, task_function

    def sweep(self, arguments: list[str]) -> None:
        # Imported here: a single run does not need them.
        from trainer.compose.composed import Composed
        from trainer.sweep.sweep import Sweep

        loader = Composed(self.context.config_loader)
        context = HydraContext(config_loader=loader, callbacks=self.context.callbacks)
        launcher = Plugins.instance().instantiate_launcher(context, self.task_function, self.config)
        given = [f"{key}={value}" for key, value in self.params.items()]
        Sweep(self.config, loader, launcher, self.search).run([*given, *arguments])
