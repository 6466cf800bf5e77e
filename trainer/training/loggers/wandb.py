"""A run for Weights & Biases, or for trackio, which has the same functions."""

from collections.abc import Mapping
from html import escape
from importlib import import_module
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from trainer.ground.extras import install_hint
from trainer.runs.folder import PLOTS
from trainer.training.loggers.logger import Logger, project_of, sweep_of
from trainer.training.run import Run

MODULES, MODES = ("wandb", "trackio"), ("offline", "online")


class WandB(Logger):
    """Tracks a run by Weights & Biases, offline unless told otherwise, or by trackio, which is always local.

    W&B writes into RUN/wandb; `wandb sync RUN/wandb/offline-run-*` uploads it. trackio writes into its own folder;
    `trackio show` shows it.

    Args:
        module: wandb or trackio.
        project: Its name; None: model and data, such as lenet5-digits, or that of the sweep. The jobs of a sweep are
            a group with its name.
        mode: offline or online, for W&B.

    Raises:
        ValueError: An option is wrong, or the module is not installed.
    """

    def __init__(self, module: str = "wandb", project: str | None = None, mode: str = "offline") -> None:
        super().__init__()
        for option, value, known in (("module", module, MODULES), ("mode", mode, MODES)):
            if value not in known:
                raise ValueError(f"{option}: '{value}' is not one of {' and '.join(known)}")
        if find_spec(module) is None:
            raise ValueError(f"needs {module}; {install_hint(module)}")
        self.module, self.project, self.mode = module, project, mode

    def begin(self, run: Run, identity: str | None, settings: Mapping[str, Any]) -> str | None:
        self._tracker = import_module(self.module)
        project = self.project or project_of(run)
        identity = identity or uuid4().hex[:8]
        options: dict[str, Any] = {"project": project, "config": dict(settings), "resume": "allow"}
        options |= {"group": sweep_of(run)}
        if self.module == "wandb":
            quiet = self._tracker.Settings(silent=True, console="off")
            options |= {"id": identity, "name": run.directory.name, "mode": self.mode, "settings": quiet}
            self._run = self._tracker.init(**options, dir=str(run.directory), reinit="create_new")
        else:
            options |= {"auto_log_cpu": False, "auto_log_gpu": False, "embed": False}
            self._run = self._tracker.init(**options, name=f"{run.directory.name}-{identity}")
        return identity

    def figures(self, figures: Mapping[str, float], epoch: int) -> None:
        self._run.log(dict(figures), step=epoch)

    def histograms(self, values: Mapping[str, np.ndarray], epoch: int) -> None:
        self._run.log({name: self._tracker.Histogram(array) for name, array in values.items()}, step=epoch)

    def image(self, name: str, pixels: np.ndarray, epoch: int) -> None:
        self._run.log({name: self._tracker.Image(pixels)}, step=epoch)

    def text(self, name: str, text: str, epoch: int) -> None:
        self._run.log({name: self._tracker.Html(StringIO(f"<pre>{escape(text)}</pre>"))}, step=epoch)

    def picture(self, name: str, path: Path, epoch: int) -> None:
        self._run.log({f"{PLOTS}/{name}": self._tracker.Image(str(path))}, step=epoch)

    def file(self, name: str, path: Path) -> None:
        if self.module == "wandb":
            self._run.save(str(path), base_path=str(path.parents[len(Path(name).parts) - 1]), policy="now")

    def end(self, status: str) -> None:
        if self.module == "wandb":
            self._run.finish(exit_code=0 if status == "completed" else 1)
        else:
            self._tracker.finish()  # after the run's own finish, trackio would finish again, with output, at exit
