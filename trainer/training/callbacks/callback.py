"""The callback contract."""

from typing import Any

from trainer.engine.watch import Watch, Watched
from trainer.training.run import Run


class Callback:
    """Watches a run. The loop does the arithmetic and calls these methods; each does nothing unless overridden.

    A callback may look into chosen steps (`watch`, `on_watched`) and keep state over a resume (`state`, `restore`):

        from trainer.training.callbacks import Callback, Watch, Watched
        from trainer.training.run import Run

        class DeadUnits(Callback):
            def __init__(self) -> None:
                self.most = 0.0

            def watch(self, run: Run) -> Watch | None:
                return Watch(outputs="act*") if run.step % 100 == 0 else None

            def on_watched(self, run: Run, watched: Watched) -> None:
                for output in watched.outputs.values():
                    self.most = max(self.most, float((output.max(axis=0) <= 0).mean()))

            def state(self) -> dict[str, Any]:
                return {"most": self.most}

            def restore(self, state: dict[str, Any]) -> None:
                self.most = float(state["most"])

    A configuration names it among its `callbacks`: `dead: {_target_: mine.DeadUnits}`. It may write files into
    `run.directory`, and end the run by `run.stop("why")`.
    """

    name = ""
    """Its key among the `callbacks` of the configuration; empty if it was made in code."""

    def needs(self) -> str | None:
        """Return the column of metrics.csv that it needs, or None. A run without that column is refused."""

    def remark(self, epochs: int) -> str | None:
        """Return a warning, "option: problem", if an option is probably a mistake for this many epochs; else None."""

    def on_fit_start(self, run: Run) -> None:
        """Before the first epoch; a resumed run already has a history."""

    def watch(self, run: Run) -> Watch | None:
        """Return what to see of the next step (`run.step` steps are done); None: nothing.

        It is called before every step, so it must be quick; a step costs more only if something is watched. Watching
        changes no bit of the run. A pattern that matches nothing ends the run with a ConfigError.
        """

    def on_watched(self, run: Run, watched: Watched) -> None:
        """After a step that `watch` asked for, before `on_batch_end`; only what was asked for is in `watched`."""

    def on_batch_end(self, run: Run) -> None:
        """After a step; `run.progress` is up to date."""

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        """After validation; `row` is the last of `run.history`."""

    def on_stop(self, run: Run) -> None:
        """Between two steps, when the run ends before its last epoch, for the reason `run.stopping`."""

    def on_fit_end(self, run: Run, result: dict) -> None:
        """Once at the end, however the run ended.

        `result` has status ("completed", "stopped" or "failed"), epochs, seconds, seed, workers, best, final, test and
        error.
        """

    @property
    def keeps_state(self) -> bool:
        """Whether checkpoints may hold its state, which is so if it defines `state`."""
        return type(self).state is not Callback.state

    def state(self) -> dict[str, Any] | None:
        """Return what checkpoints keep for it, as JSON (keys are strings); None: nothing.

        Callbacks that define it are called before all others, so that a checkpoint made at an event holds their state
        after it.
        """

    def restore(self, state: dict[str, Any]) -> None:
        """Restore what `state` returned; called before `on_fit_start` of a resumed run if a state was saved.

        The file is not trusted: raise KeyError, TypeError, ValueError or AttributeError if it does not fit.
        """
