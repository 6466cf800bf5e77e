"""The callback contract."""

from typing import Any

from trainer.engine.watch import Watch, Watched
from trainer.training.run import Run


class Callback:
    """Watches a run. The loop does the arithmetic and calls these; each does nothing unless overridden.

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
        """Return the column of metrics.csv that it cannot do without; None: none. A run without it is refused."""

    def remark(self, epochs: int) -> str | None:
        """Return what is hardly meant in a run of so many epochs, as "option: what, and the remedy"; None: nothing."""

    def on_fit_start(self, run: Run) -> None:
        """Before the first epoch; a resumed run already has a history."""

    def watch(self, run: Run) -> Watch | None:
        """Return what to see of the step that comes: `run.step` have been made. None: nothing.

        It is asked before every step, so an answer must be quick; the step costs more only when there is one. Looking
        changes no bit of the run. A pattern that matches nothing ends the run with a ConfigError.
        """

    def on_watched(self, run: Run, watched: Watched) -> None:
        """After a step that `watch` asked for, before `on_batch_end`; only what was asked for is in `watched`."""

    def on_batch_end(self, run: Run) -> None:
        """After an step; `run.progress` is up to date."""

    def on_epoch_end(self, run: Run, row: dict[str, float]) -> None:
        """After validation; `row` is the last of `run.history`."""

    def on_stop(self, run: Run) -> None:
        """Hear that the run ends before its last epoch, between two steps, for the reason `run.stopping`."""

    def on_fit_end(self, run: Run, result: dict) -> None:
        """Once at the end, however it came: result has status ("completed", "stopped" or "failed"), epochs, seconds,
        seed, workers, best, final, test and error.
        """

    @property
    def keeps_state(self) -> bool:
        """Whether checkpoints may hold a state of it: whether it defines `state`."""
        return type(self).state is not Callback.state

    def state(self) -> dict[str, Any] | None:
        """Return what checkpoints are to keep for it, as JSON (keys are strings); None: nothing.

        Callbacks that define it hear of each event before all others, so that a checkpoint made in an event has what
        they made of that event.
        """

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave: called before `on_fit_start` of a resumed run, unless the checkpoint has none.

        The file may come from anybody. KeyError, TypeError, ValueError or AttributeError say that it does not fit.
        """
